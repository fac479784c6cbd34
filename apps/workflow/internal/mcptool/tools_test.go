package mcptool

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// FuzzTool lets a server offer anything: what is taken is within bounds, and has a schema that calls can be checked by.
func FuzzTool(f *testing.F) {
	f.Add(`{"name": "add", "description": "Adds", "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}}, "annotations": {"readOnlyHint": true}}`)
	f.Add(`{"name": "\u0000", "inputSchema": {"$ref": "http://x/y"}}`)
	f.Add(`{"name": "` + strings.Repeat("ä", 100) + `", "inputSchema": null, "annotations": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var offered mcp.Tool
		if json.Unmarshal([]byte(text), &offered) != nil {
			return
		}
		tool, failure := toolOf(&offered)
		if failure != nil {
			if len(failure.Message) > 5_000 {
				t.Errorf("a message of %d bytes", len(failure.Message))
			}
			return
		}
		if _, problems := schema.Compile(tool.Schema); tool.Name == "" || len(tool.Name) > maxName || len(tool.Description) > maxDescription+len("…") || len(problems) > 0 {
			t.Errorf("%s is taken for %+v: %v", text, tool, problems)
		}
		if !utf8.ValidString(tool.Name) || strings.ContainsRune(tool.Name+tool.Description, 0) {
			t.Errorf("%q, %q cannot be kept", tool.Name, tool.Description)
		}
	})
}

// FuzzContent lets a server answer a call with anything: what is passed on is JSON.
func FuzzContent(f *testing.F) {
	f.Add(`{"content": [{"type": "text", "text": "a"}, {"type": "image", "data": "AA==", "mimeType": "image/png"}, {"type": "resource_link", "uri": "a"}]}`)
	f.Add(`{"content": [{"type": "resource", "resource": {"uri": "a", "blob": "AA=="}}], "structuredContent": {"a": [1e400]}}`)
	f.Add(`{"content": [null], "isError": true}`)
	f.Fuzz(func(t *testing.T, text string) {
		var answer mcp.CallToolResult
		if json.Unmarshal([]byte(text), &answer) != nil {
			return
		}
		if content, err := contentOf(&answer); err != nil || !json.Valid(content) {
			t.Errorf("%s gives %s, %v", text, content, err)
		}
	})
}
