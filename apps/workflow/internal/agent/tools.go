package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// toolRequest is what the performer needs to call a tool.
type toolRequest struct {
	Tool      Tool            `json:"tool"`
	Arguments json.RawMessage `json:"arguments"`
}

// Envelope is the request of a call, as the performer of all calls tells it from others.
type Envelope struct {
	AgentTool *toolRequest `json:"agent_tool"`
}

func toolCall(tool Tool, wanted model.ToolCall) (node.Call, *node.Failure) {
	request := toolRequest{Tool: tool, Arguments: arguments(wanted)}
	request.Tool.Description = "" // for the model alone
	encoded, err := json.Marshal(Envelope{AgentTool: &request})
	if err != nil {
		return node.Call{}, node.Fail(node.CodeInternal, "the call of the tool %s cannot be encoded: %v", tool.Name, err)
	}
	call := node.Call{Kind: node.ToolCall, Name: tool.Name, Idempotent: true, Request: encoded, Reserve: node.Usage{ToolCalls: 1}}
	if tool.Type == "http" {
		call.Timeout = toolTimeout
		call.Idempotent = httpcall.Request{Method: tool.Method, Idempotent: tool.Idempotent}.IsIdempotent()
	}
	return call, nil
}

// arguments are those of a call; models write nothing at all where there are none.
func arguments(wanted model.ToolCall) json.RawMessage {
	if strings.TrimSpace(wanted.Arguments) == "" {
		return json.RawMessage(`{}`)
	}
	return json.RawMessage(wanted.Arguments)
}

// toolbox is the tools that a model may call. Schemas of parameters are compiled once, when they are first needed.
type toolbox struct {
	tools    []model.Tool
	compiled map[string]*schema.Schema // by their text
}

func newToolbox(tools []model.Tool, compiled map[string]*schema.Schema) *toolbox {
	return &toolbox{tools: tools, compiled: compiled}
}

// check says what is wrong with the call that a model wants, in words for the model; empty: nothing is.
func (b *toolbox) check(wanted model.ToolCall, index int) string {
	if index >= maxCallsAtOnce {
		return fmt.Sprintf("error: at most %d tools may be called at once", maxCallsAtOnce)
	}
	var names []string
	for _, tool := range b.tools {
		names = append(names, tool.Name)
		if tool.Name == wanted.Name {
			return b.fits(tool, arguments(wanted))
		}
	}
	return fmt.Sprintf("error: there is no tool %q; there are: %s", excerpt(wanted.Name, 64), strings.Join(names, ", "))
}

func (b *toolbox) fits(tool model.Tool, given json.RawMessage) string {
	if len(given) > maxArguments {
		return fmt.Sprintf("error: the arguments have %d bytes, at most %d are allowed", len(given), maxArguments)
	}
	parameters := b.compiled[string(tool.Parameters)]
	if parameters == nil {
		var problems []problem.Problem
		if parameters, problems = schema.Compile(tool.Parameters); problems != nil {
			return "error: the tool's parameters are no usable JSON Schema: " + listed(problems)
		}
		b.compiled[string(tool.Parameters)] = parameters
	}
	if problems := parameters.Check(given); problems != nil {
		return "error: the arguments do not fit the tool's parameters: " + listed(problems)
	}
	return ""
}

// shown is a tool's result as the model gets to see it.
func shown(id string, result node.CallResult) model.ToolResult {
	text := asText(result.Response)
	if result.Failure != nil {
		text = strings.TrimSpace("error: " + result.Failure.Message + "\n" + text)
	}
	if len(text) > maxResult {
		text = clip(text, maxResult) + fmt.Sprintf("\n(cut: the whole result has %d bytes)", len(text))
	}
	return model.ToolResult{ID: id, Text: text, Failed: result.Failure != nil}
}

// clip cuts at most bytes, between characters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

func excerpt(text string, most int) string {
	if cut := clip(text, most); cut != text {
		return cut + "…"
	}
	return text
}
