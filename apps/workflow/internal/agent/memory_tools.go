package agent

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/memory"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// builtIn is a tool that the engine itself brings: the document names its place in the memory, the model the rest.
type builtIn struct{ action, description, parameters string }

// builtInOf gives what a type of tools is, if the engine brings it.
func builtInOf(toolType string) (b builtIn, found bool) {
	switch toolType {
	case "memory_get":
		return builtIn{memory.Get, "Gives the value that was stored under a key, in this conversation or an earlier one.",
			`{"type":"object","properties":{"key":{"type":"string","description":"1-128 letters, digits and any of ._:@+-"}},"required":["key"],"additionalProperties":false}`}, true
	case "memory_set":
		return builtIn{memory.Set, "Stores a value under a key, for later conversations; it replaces what was stored there.",
			`{"type":"object","properties":{"key":{"type":"string","description":"1-128 letters, digits and any of ._:@+-"},` +
				`"value":{"type":"string","description":"at most 60,000 bytes"}},"required":["key","value"],"additionalProperties":false}`}, true
	case "search":
		return builtIn{memory.Search, "Finds parts of the workspace's documents, the best first.",
			`{"type":"object","properties":{"query":{"type":"string","description":"words, \"phrases\", or, -without"},` +
				`"limit":{"type":"integer","minimum":1,"maximum":20}},"required":["query"],"additionalProperties":false}`}, true
	}
	return b, false
}

// remember is the call of a built-in tool. Its place is the document's to say, not the model's.
func remember(request toolRequest, b builtIn) (memory.Request, *node.Failure) {
	var made memory.Request
	given := map[string]json.RawMessage{}
	for name, value := range map[string]json.RawMessage{"namespace": request.Tool.Namespace, "documents": request.Tool.Documents} {
		if len(value) > 0 {
			given[name] = value
		}
	}
	place, err := json.Marshal(given)
	if err != nil {
		return made, node.Fail(node.CodeInternal, "the tool %s cannot be encoded: %v", request.Tool.Name, err)
	}
	resolved, failure := evaluate(request, place)
	if failure != nil {
		return made, failure
	}
	for _, part := range []json.RawMessage{request.Arguments, resolved} {
		if err := json.Unmarshal(part, &made); err != nil {
			return made, invalid("the call of the tool %s cannot be read: %v", request.Tool.Name, err)
		}
	}
	made.Action = b.action
	return made, nil
}
