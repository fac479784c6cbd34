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
