package modelsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Script says what the simulation answers. The first rule that matches does; without one, the simulation
// answers by itself, in words that name it a simulation.
type Script struct {
	Rules []Rule `json:"rules"`
}

// Rule is one answer, for the requests that match.
type Rule struct {
	Match Match `json:"match"`
	Reply Reply `json:"reply"`
	Times int   `json:"times,omitempty"` // how often the rule holds; 0: always
}

// Match is about a request. What is left out matches everything.
type Match struct {
	API           string `json:"api,omitempty"`   // chat, responses or messages
	Model         string `json:"model,omitempty"` // the whole name
	User          string `json:"user,omitempty"`  // part of the user's last text
	ToolResults   *int   `json:"tool_results,omitempty"`
	ClientRequest string `json:"client_request,omitempty"` // part of X-Client-Request-Id
}

// Reply is an answer, or how there comes to be none.
type Reply struct {
	Text      string     `json:"text,omitempty"` // also JSON, for a schema
	ToolCalls []ToolCall `json:"tool_calls,omitempty"`
	Stop      string     `json:"stop,omitempty"` // length or refusal, for an answer that is not whole

	Delay      Duration `json:"delay,omitempty"`       // before the answer begins
	ChunkBytes int      `json:"chunk_bytes,omitempty"` // of text in one event; 0: 16
	ChunkDelay Duration `json:"chunk_delay,omitempty"` // between events

	Status     int    `json:"status,omitempty"` // of an error; 0: an answer
	Error      string `json:"error,omitempty"`  // its message
	RetryAfter string `json:"retry_after,omitempty"`
	// CutAfter loses the connection after so many bytes of text and arguments.
	CutAfter *int `json:"cut_after,omitempty"`
	// CutWithError sends an error event there, as an overloaded provider does, before the connection ends.
	CutWithError bool `json:"cut_with_error,omitempty"`

	InputTokens  int `json:"input_tokens,omitempty"` // 0: a quarter of the bytes
	OutputTokens int `json:"output_tokens,omitempty"`
	CacheReads   int `json:"cache_reads,omitempty"` // of the input
}

// ToolCall is a call that the model wants made.
type ToolCall struct {
	ID        string          `json:"id,omitempty"` // empty: one is made
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments,omitempty"` // a JSON text is sent as it is, to try what models get wrong
}

// Duration is written as in Go: 300ms, 2s.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	value, err := time.ParseDuration(string(text))
	if err != nil || value < 0 || value > time.Hour {
		return fmt.Errorf("a duration must be written as 300ms or 2s and be at most 1h, got %q", text)
	}
	*d = Duration(value)
	return nil
}

// MarshalText writes it in the same way.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// ParseScript reads a script from JSON.
func ParseScript(data []byte) (Script, error) {
	const most = 1 << 20
	if len(data) > most {
		return Script{}, fmt.Errorf("the script has %d bytes, at most %d are allowed", len(data), most)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var script Script
	if err := decoder.Decode(&script); err != nil {
		return Script{}, fmt.Errorf("the script: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Script{}, errors.New("the script: something follows its end")
	}
	return script, nil
}

func (m Match) fits(c conversation) bool {
	return (m.API == "" || m.API == c.api) && (m.Model == "" || m.Model == c.model) &&
		strings.Contains(c.lastUser(), m.User) && strings.Contains(c.clientRequest, m.ClientRequest) &&
		(m.ToolResults == nil || *m.ToolResults == c.toolResults())
}
