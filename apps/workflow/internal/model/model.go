// Package model calls language models: OpenAI's and Anthropic's, and servers that speak as they do. It
// streams, repeats what is worth repeating, and knows what a call costs.
package model

import (
	"context"
	"encoding/json"
)

// The providers.
const (
	OpenAI    = "openai"
	Anthropic = "anthropic"
)

// Provider makes one request, once. The error is an *Error.
type Provider interface {
	// Complete calls onDelta with each piece of the answer's text as it arrives.
	Complete(ctx context.Context, request Request, onDelta func(text string)) (Response, error)
}

// Request is everything that a model gets to know.
type Request struct {
	ID              string          `json:"-"` // names the call to the provider, for questions to its support
	Provider        string          `json:"provider"`
	Model           string          `json:"model"`
	Instructions    string          `json:"instructions,omitempty"`
	Messages        []Message       `json:"messages"`
	Tools           []Tool          `json:"tools,omitempty"`
	NoTools         bool            `json:"no_tools,omitempty"`      // the model may not call any: it has to answer
	OutputSchema    json.RawMessage `json:"output_schema,omitempty"` // a JSON Schema that the text has to fit as JSON
	MaxOutputTokens int64           `json:"max_output_tokens"`
	Temperature     *float64        `json:"temperature,omitempty"` // nil: the model's own
	Unheard         bool            `json:"unheard,omitempty"`     // the answer is for the program alone, not for the run's readers
}

// Message is one turn of a conversation: the user's text, the model's answer, or what its tools gave.
type Message struct {
	User    string       `json:"user,omitempty"`
	Answer  *Answer      `json:"answer,omitempty"`
	Results []ToolResult `json:"results,omitempty"`
}

// Answer is what a model said.
type Answer struct {
	Text      string     `json:"text,omitempty"`
	ToolCalls []ToolCall `json:"tool_calls,omitempty"`
	// Native is the answer in the provider's own words, for its next turn: reasoning and signatures are in it.
	Native json.RawMessage `json:"native,omitempty"`
}

// Tool is a function that a model may call.
type Tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"` // a JSON Schema of type object
}

// ToolCall is a model's wish to have a tool called.
type ToolCall struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Arguments should be a JSON object. Models err.
	Arguments string `json:"arguments"`
}

// ToolResult is what a tool gave, as text for the model.
type ToolResult struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Failed bool   `json:"failed,omitempty"`
}

// Stop says why a model stopped.
type Stop string

// The reasons to stop.
const (
	StopEnd     Stop = "end"
	StopTools   Stop = "tools"
	StopLength  Stop = "length"  // max_output_tokens, or the model's context, is used up: the answer is cut
	StopRefusal Stop = "refusal" // the model or the provider's filter does not want to answer
)

// Response is a whole answer.
type Response struct {
	Answer
	Stop  Stop   `json:"stop"`
	Usage Tokens `json:"usage"`
}

// Tokens are what a provider counted.
type Tokens struct {
	Input       int64 `json:"input"`                  // all of them, those of caches too
	CacheReads  int64 `json:"cache_reads,omitempty"`  // of Input
	CacheWrites int64 `json:"cache_writes,omitempty"` // of Input
	Output      int64 `json:"output"`
}

// plausible is what a provider can have counted: a number below zero would give back to a budget what others have spent.
func (t Tokens) plausible() Tokens {
	const most = 1 << 40
	within := func(n int64) int64 { return min(max(n, 0), most) }
	reads, writes := within(t.CacheReads), within(t.CacheWrites)
	return Tokens{Input: max(within(t.Input), reads+writes), CacheReads: reads, CacheWrites: writes, Output: within(t.Output)}
}
