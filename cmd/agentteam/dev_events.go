package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// lineWidth is what is shown of an event's content.
const lineWidth = 120

// narrator prints a run's events, a line each. Pieces of a message are counted, and the whole message is printed.
type narrator struct {
	out    io.Writer
	start  time.Time
	deltas map[string]int
}

// eventData is what narrator shows, of any type of event.
type eventData struct {
	Type, Provider, Model, Text, Tool, Status, Title, Decision, Reason, Message, Outcome, Port, Until, Agent, From, To, Task string

	Attempt, Call int
	ToolCalls     json.RawMessage `json:"tool_calls"` // of a message; a number in a usage
	Failure       *api.Failure
	Output        json.RawMessage
	Outputs       json.RawMessage
	Arguments     json.RawMessage
	Result        json.RawMessage
	InputTokens   int64 `json:"input_tokens"`
	OutputTokens  int64 `json:"output_tokens"`
	Cost          int64 `json:"cost_micro_usd"`
}

func (n *narrator) tell(event api.Event) {
	if n.start.IsZero() {
		n.start, n.deltas = event.Time, map[string]int{}
	}
	var data eventData
	if err := json.Unmarshal(event.Data, &data); err != nil {
		data = eventData{Message: string(event.Data)} // whatever it is, it is shown
	}
	call := fmt.Sprintf("%s#%d", event.Step, data.Call)
	switch event.Type {
	case "message.delta":
		n.deltas[call]++
		return
	case "message.reset":
		delete(n.deltas, call)
	}
	line := fmt.Sprintf("%7.2f s  %-18s %-14s %s", event.Time.Sub(n.start).Seconds(), event.Type, event.Step, oneLine(data.describe(event.Type), lineWidth))
	if pieces := n.deltas[call]; event.Type == "message.completed" && pieces > 0 {
		line += fmt.Sprintf(" (in %d pieces)", pieces)
		delete(n.deltas, call)
	}
	fmt.Fprintln(n.out, strings.TrimRight(line, " "))
}

// describe is the most telling part of an event.
func (d eventData) describe(event string) string {
	if d.Agent != "" {
		who := d.Agent
		d.Agent = ""
		return who + ": " + d.describe(event)
	}
	switch event {
	case "step.started":
		if d.Attempt > 1 {
			return fmt.Sprintf("%s, attempt %d", d.Type, d.Attempt)
		}
		return d.Type
	case "message.started":
		return d.Provider + "/" + d.Model
	case "message.completed":
		return d.message()
	case "tool.call":
		return d.Tool + " " + compact(d.Arguments)
	case "tool.result":
		return d.Tool + " " + d.Status + " " + text(d.Result)
	case "usage.updated":
		return fmt.Sprintf("%d tokens in, %d out, %.6f USD", d.InputTokens, d.OutputTokens, float64(d.Cost)/1e6)
	}
	return d.ofAgent(event)
}

// ofAgent is what an event says of a member of a team.
func (d eventData) ofAgent(event string) string {
	switch event {
	case "agent.started":
		return d.Task
	case "agent.completed":
		return strings.TrimSpace(d.Status + " " + d.Text)
	case "agent.handoff":
		return d.From + " → " + d.To + ": " + d.Reason
	}
	return d.other()
}

// other is whatever a less common event has to say.
func (d eventData) other() string {
	if d.Failure != nil {
		return d.Failure.Code + ": " + d.Failure.Message
	}
	for _, value := range []string{d.Title, d.Decision, d.Reason, d.Outcome, d.Status, d.Message, d.Until, d.Port} {
		if value != "" {
			return value
		}
	}
	return text(slices.Concat(d.Output, d.Outputs))
}

func (d eventData) message() string {
	var calls []struct{ Name string }
	if json.Unmarshal(d.ToolCalls, &calls) != nil || len(calls) == 0 {
		return d.Text
	}
	var names []string
	for _, call := range calls {
		names = append(names, call.Name)
	}
	return strings.TrimSpace(d.Text + " → calls " + strings.Join(names, ", "))
}

// text is a JSON value for people: a string without its quotes.
func text(value json.RawMessage) string {
	var plain string
	if string(value) == "null" {
		return "null"
	}
	if json.Unmarshal(value, &plain) == nil {
		return plain
	}
	return compact(value)
}

func compact(value json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Compact(&out, value); err != nil {
		return string(value)
	}
	return out.String()
}

func indented(value json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Indent(&out, value, "  ", "  "); err != nil {
		return string(value)
	}
	return "  " + out.String()
}

// oneLine joins lines, takes control characters out, which could move the cursor, and shortens.
func oneLine(text string, most int) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)), " ")
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

func sortedKeys(of map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(of)) }
