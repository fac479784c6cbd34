package modelsim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// mark begins every answer that no script wrote.
const mark = "[simulated]"

// simulate is the answer without a script: tools are called once, all at the same time, a schema is filled, and
// anything else is said to be simulated.
func simulate(c conversation) Reply {
	switch {
	case len(c.tools) > 0 && !c.noTools && c.toolResults() == 0:
		return callEach(c.tools[:min(len(c.tools), mostTools)])
	case c.wantedSchema() != nil:
		return Reply{Text: string(plausible(c.wantedSchema()))}
	case c.toolResults() > 0:
		return Reply{Text: mark + " The tools answered: " + c.answered(500)}
	}
	return Reply{Text: fmt.Sprintf("%s No model was asked: no API key is set. %s would have answered this: %s", mark, c.model, excerpt(c.lastUser(), 200))}
}

// mostTools is how many tools are called without a script.
const mostTools = 3

func callEach(tools []tool) Reply {
	names, calls := make([]string, 0, len(tools)), make([]ToolCall, 0, len(tools))
	for _, t := range tools {
		names = append(names, t.name)
		calls = append(calls, ToolCall{Name: t.name, Arguments: plausible(t.parameters)})
	}
	return Reply{Text: mark + " I call " + strings.Join(names, ", ") + ".", ToolCalls: calls}
}

// wantedSchema is the one that the API was given, or the one at the end of the instructions, which is how
// the engine asks for schemas that the providers do not enforce.
func (c conversation) wantedSchema() json.RawMessage {
	if c.schema != nil {
		return c.schema
	}
	_, after, found := strings.Cut(c.system, "fits the following JSON Schema")
	if _, schema, ok := strings.Cut(after, ":\n"); found && ok && json.Valid([]byte(schema)) {
		return json.RawMessage(schema)
	}
	return nil
}

func excerpt(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
