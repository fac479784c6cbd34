package agent

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Transcript is what was said and done since the prompt, for another agent, of whatever provider, that takes over.
func (c *Conversation) Transcript() string {
	var b strings.Builder
	calls := map[string]string{}
	for _, message := range c.request.Messages[1:] {
		if message.Answer != nil {
			if message.Answer.Text != "" {
				fmt.Fprintf(&b, "%s: %s\n", c.config.Name, message.Answer.Text)
			}
			for _, call := range message.Answer.ToolCalls {
				calls[call.ID] = call.Name + " " + call.Arguments
			}
		}
		for _, result := range message.Results {
			fmt.Fprintf(&b, "%s called %s: %s\n", c.config.Name, calls[result.ID], result.Text)
		}
	}
	return b.String()
}

// Text shows a text as it is, and any other value as JSON.
func Text(raw json.RawMessage) string { return asText(raw) }
