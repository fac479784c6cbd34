// Package agent is the node type agent: a model that works with tools until it has an answer. What it does
// next follows from its config and the results so far alone; the calls themselves are made elsewhere.
package agent

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Bounds of one agent step.
const (
	maxConversation = 2 << 20   // bytes of one request to a model
	maxArguments    = 256 << 10 // bytes of what a model calls a tool with
	maxResult       = 64 << 10  // bytes of a tool's result that the model gets to see
	maxCallsAtOnce  = 64        // tool calls in one answer
	maxShown        = 2 << 10   // bytes of a task or an answer in the events of agents
	toolTimeout     = 30 * time.Second
)

// Config is that of an agent, resolved but for its tools, whose expressions wait for their arguments.
type Config struct {
	Name            string          `json:"name"` // of a team's member; empty: the step names it
	Description     string          `json:"description"`
	Provider        string          `json:"provider"`
	Model           string          `json:"model"`
	Instructions    string          `json:"instructions"`
	Prompt          json.RawMessage `json:"prompt"` // a text, or a value that is shown as JSON
	Tools           []Tool          `json:"tools"`
	OutputSchema    json.RawMessage `json:"output_schema"`
	MaxTurns        int             `json:"max_turns"`
	MaxOutputTokens int64           `json:"max_output_tokens"`
	Temperature     *float64        `json:"temperature"`
	Memory          threadMemory    `json:"memory"`
	Recalled        *node.Recalled  `json:"recalled"` // by the ledger; nil: no thread
}

// Tool is one tool of an agent, as it stands in the document.
type Tool struct {
	Type        string          `json:"type"` // http, function, agent, mcp, or one that the engine brings; handoff within teams
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"` // a JSON Schema; nil: no arguments
	Method      string          `json:"method,omitempty"`
	URL         json.RawMessage `json:"url,omitempty"`
	Headers     json.RawMessage `json:"headers,omitempty"`
	Query       json.RawMessage `json:"query,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
	Idempotent  *bool           `json:"idempotent,omitempty"`
	Credential  string          `json:"credential,omitempty"`
	Server      string          `json:"server,omitempty"` // of an MCP server's tool
	Tool        string          `json:"tool,omitempty"`   // as that server knows it
	ServerName  string          `json:"server_name,omitempty"`
	Approve     bool            `json:"approve,omitempty"` // a person has to approve each call
	ExpiresIn   string          `json:"expires_in,omitempty"`
	Value       json.RawMessage `json:"value,omitempty"`
	Definition  json.RawMessage `json:"definition,omitempty"` // of an agent: its config, without name and prompt
	To          string          `json:"-"`                    // of a hand-off: the agent that takes over
	Namespace   json.RawMessage `json:"namespace,omitempty"`  // of memory_get and memory_set
	Documents   json.RawMessage `json:"documents,omitempty"`  // of search: what their names begin with
}

// ReadConfig reads one, with its defaults.
func ReadConfig(raw json.RawMessage) (Config, *node.Failure) {
	c := Config{MaxTurns: 10, MaxOutputTokens: 4096, Memory: threadMemory{Messages: recalledMessages, Bytes: recalledBytes}}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, invalid("the config of an agent cannot be read: %v", err)
	}
	if string(c.OutputSchema) == "null" {
		c.OutputSchema = nil
	}
	return c, nil
}

func (c Config) check() *node.Failure {
	switch {
	case !slices.Contains([]string{model.OpenAI, model.Anthropic}, c.Provider):
		return invalid("provider must be openai or anthropic, got %q", c.Provider)
	case c.Model == "":
		return invalid("model must be the name of a model, got none")
	case c.MaxTurns < 1 || c.MaxTurns > 100:
		return invalid("max_turns must be from 1 to 100, got %d", c.MaxTurns)
	case c.MaxOutputTokens < 1 || c.MaxOutputTokens > 128_000:
		return invalid("max_output_tokens must be from 1 to 128000, got %d", c.MaxOutputTokens)
	}
	if t := c.Temperature; t != nil && (*t < 0 || *t > 2) {
		return invalid("temperature must be from 0 to 2, got %g", *t)
	}
	return nil
}

// request is the conversation's beginning.
func (c Config) request() model.Request {
	r := model.Request{
		Provider: c.Provider, Model: c.Model, Instructions: c.Instructions, OutputSchema: c.OutputSchema,
		MaxOutputTokens: c.MaxOutputTokens, Temperature: c.Temperature, Messages: []model.Message{{User: asText(c.Prompt)}},
	}
	for _, tool := range c.Tools {
		r.Tools = append(r.Tools, model.Tool{Name: tool.Name, Description: tool.describe(), Parameters: tool.schema()})
	}
	return r
}

// schema of a tool's arguments: without one, it takes none. Other agents take words.
func (t Tool) schema() json.RawMessage {
	if b, found := builtInOf(t.Type); found {
		return json.RawMessage(b.parameters)
	}
	switch {
	case t.Type == "agent":
		return json.RawMessage(`{"type":"object","required":["task"],"additionalProperties":false,
			"properties":{"task":{"type":"string","minLength":1,"description":"What to do, with everything that is needed for it."}}}`)
	case t.Type == "handoff":
		return json.RawMessage(`{"type":"object","required":["reason"],"additionalProperties":false,
			"properties":{"reason":{"type":"string","description":"Why, and what is left to do."}}}`)
	case len(t.Parameters) == 0 || string(t.Parameters) == "null":
		return json.RawMessage(`{"type":"object","properties":{},"additionalProperties":false}`)
	}
	return t.Parameters
}

// describe says to the model what a tool is for.
func (t Tool) describe() string {
	b, _ := builtInOf(t.Type)
	return cmp.Or(t.Description, b.description)
}

func (c Config) tool(name string) (Tool, bool) {
	for _, tool := range c.Tools {
		if tool.Name == name {
			return tool, true
		}
	}
	return Tool{}, false
}

// asText shows a text as it is, and any other value as JSON.
func asText(raw json.RawMessage) string {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func invalid(format string, arguments ...any) *node.Failure {
	return &node.Failure{Code: node.CodeInvalidInput, Message: fmt.Sprintf(format, arguments...), Final: true}
}
