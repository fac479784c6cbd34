package agent

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// output is what an agent step gives.
type output struct {
	Text  string          `json:"text"`
	Data  json.RawMessage `json:"data"` // null without an output_schema
	Turns int             `json:"turns"`
}

// Output is what an agent node gives.
func (c *Conversation) Output() (json.RawMessage, *node.Failure) {
	if c.end.Failure != nil {
		return nil, c.end.Failure
	}
	encoded, err := json.Marshal(output{Text: c.end.Text, Data: c.end.Data, Turns: c.turns})
	if err != nil {
		return nil, node.Fail(node.CodeInternal, "the output cannot be encoded: %v", err)
	}
	return encoded, nil
}

// finish ends with the answer. One that does not fit the output schema is asked for again, once.
func (c *Conversation) finish(text string) {
	data := json.RawMessage("null")
	if c.config.OutputSchema != nil {
		wanted, problems := schema.Compile(c.config.OutputSchema)
		if problems != nil {
			c.fail(invalid("output_schema is no usable JSON Schema: %s", listed(problems)))
			return
		}
		data = json.RawMessage(model.Unfenced(text))
		if problems := wanted.Check(data); problems != nil {
			c.repair(problems)
			return
		}
	}
	c.close(End{Text: text, Data: data})
}

func (c *Conversation) repair(problems []problem.Problem) {
	if c.repaired {
		c.fail(node.Fail(node.CodeOutput, "the answer does not fit output_schema, asked a second time too: %s", listed(problems)))
		return
	}
	c.repaired = true
	c.request.NoTools = true
	c.request.Messages = append(c.request.Messages, model.Message{
		User: "Your answer does not fit the JSON Schema that it has to fit: " + listed(problems) + ". Answer again, with nothing but JSON that fits.",
	})
}

func listed(problems []problem.Problem) string {
	const most = 10
	var parts []string
	for _, p := range problems[:min(len(problems), most)] {
		part := p.Message
		if p.Pointer != "" {
			part = p.Pointer + ": " + part
		}
		parts = append(parts, part)
	}
	if more := len(problems) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}
