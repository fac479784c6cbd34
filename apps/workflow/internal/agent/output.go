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

// finish ends with the answer. One that does not fit the output schema is asked for again, once.
func (r *replay) finish(text string) *node.Move {
	data := json.RawMessage("null")
	if r.config.OutputSchema != nil {
		wanted, problems := schema.Compile(r.config.OutputSchema)
		if problems != nil {
			return &node.Move{Failure: invalid("output_schema is no usable JSON Schema: %s", listed(problems))}
		}
		data = json.RawMessage(model.Unfenced(text))
		if problems := wanted.Check(data); problems != nil {
			return r.repair(problems)
		}
	}
	encoded, err := json.Marshal(output{Text: text, Data: data, Turns: r.turns})
	if err != nil {
		return &node.Move{Failure: node.Fail(node.CodeInternal, "the output cannot be encoded: %v", err)}
	}
	return &node.Move{Output: encoded}
}

func (r *replay) repair(problems []problem.Problem) *node.Move {
	if r.repaired {
		return &node.Move{Failure: node.Fail(node.CodeOutput, "the answer does not fit output_schema, asked a second time too: %s", listed(problems))}
	}
	r.repaired = true
	r.request.NoTools = true
	r.request.Messages = append(r.request.Messages, model.Message{
		User: "Your answer does not fit the JSON Schema that it has to fit: " + listed(problems) + ". Answer again, with nothing but JSON that fits.",
	})
	return nil
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
