package httpapi

import "encoding/json"

// exampleDocument is a whole small workflow, for the API's document.
func exampleDocument() json.RawMessage {
	return json.RawMessage(`{
  "schema": "agentteam/v1",
  "name": "Greet",
  "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
  "outputs": {"greeting": "${{ nodes.greet.output }}"},
  "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello ${{ inputs.name }}"}}],
  "edges": []
}`)
}

// exampleAgent is a whole small agent.
func exampleAgent() json.RawMessage {
	return json.RawMessage(`{
  "name": "Adder",
  "description": "Adds numbers.",
  "provider": "openai",
  "model": "gpt-5-mini",
  "instructions": "Add with the tool. Answer with the sum alone.",
  "max_turns": 5,
  "tools": [{
    "type": "function", "name": "add", "description": "Adds two numbers.",
    "parameters": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]},
    "value": "${{ args.a + args.b }}"
  }]
}`)
}
