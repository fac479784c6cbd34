package agent

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// The data of the events, as docs/events.md lists them.
type (
	started struct {
		Agent    string `json:"agent,omitempty"`
		Call     int    `json:"call"`
		Provider string `json:"provider"`
		Model    string `json:"model"`
	}
	delta struct {
		Agent string `json:"agent,omitempty"`
		Call  int    `json:"call"`
		Text  string `json:"text"`
	}
	reset struct {
		Agent string `json:"agent,omitempty"`
		Call  int    `json:"call"`
	}
	completed struct {
		Agent     string   `json:"agent,omitempty"`
		Call      int      `json:"call"`
		Text      string   `json:"text"`
		ToolCalls []wanted `json:"tool_calls"`
	}
	wanted struct {
		ID        string          `json:"id"`
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	called struct {
		Agent     string          `json:"agent,omitempty"`
		Call      int             `json:"call"`
		Tool      string          `json:"tool"`
		Arguments json.RawMessage `json:"arguments"`
	}
	resulted struct {
		Agent  string          `json:"agent,omitempty"`
		Call   int             `json:"call"`
		Tool   string          `json:"tool"`
		Status node.CallStatus `json:"status"`
		Result string          `json:"result"`
	}
)

// What begins and ends the work of an agent of a team. Tasks and answers are cut to what a reader needs.
type (
	begun struct {
		Agent string `json:"agent"`
		Task  string `json:"task"`
	}
	ended struct {
		Agent   string          `json:"agent"`
		Status  node.CallStatus `json:"status"`
		Text    string          `json:"text"`
		Turns   int             `json:"turns"`
		Failure *node.Failure   `json:"failure,omitempty"`
	}
)

// completedEvents tell a whole answer, and the tool calls in it that are refused without being made.
func completedEvents(made node.Call, tools []model.Tool, response model.Response) []node.CallEvent {
	box := newToolbox(tools, map[string]*schema.Schema{})
	data := completed{Agent: made.Agent, Call: made.Number, Text: response.Text, ToolCalls: []wanted{}}
	var refused []node.CallEvent
	for i, call := range response.ToolCalls {
		given := shownArguments(call.Arguments)
		data.ToolCalls = append(data.ToolCalls, wanted{ID: call.ID, Name: call.Name, Arguments: given})
		if fault := box.check(call, i); fault != "" {
			refused = append(refused, toolEvents(called{Agent: made.Agent, Call: made.Number, Tool: call.Name, Arguments: given}, node.Failed, fault)...)
		}
	}
	return append(encoded("message.completed", data), refused...)
}

// toolEvents are a call and its result.
func toolEvents(call called, status node.CallStatus, result string) []node.CallEvent {
	return append(encoded("tool.call", call), encoded("tool.result", resulted{Agent: call.Agent, Call: call.Call, Tool: call.Tool, Status: status, Result: result})...)
}

func encoded(kind string, data any) []node.CallEvent {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil // cannot happen: the types above hold texts, numbers and valid JSON
	}
	return []node.CallEvent{{Type: kind, Data: raw}}
}

// shownArguments are JSON if they are any, else the text that a model wrote in its place, within bounds.
func shownArguments(text string) json.RawMessage {
	if len(text) <= maxArguments && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	raw, err := json.Marshal(excerpt(text, 1024))
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

// deltas gathers text, so that a fast model does not flood the log.
type deltas struct {
	call node.Call
	emit func(node.Event)

	mutex   sync.Mutex
	pending strings.Builder
	timer   *time.Timer // runs while text may not be emitted yet
}

func newDeltas(call node.Call, emit func(node.Event)) *deltas { return &deltas{call: call, emit: emit} }

// add emits the first text at once, and what follows after a pause.
func (d *deltas) add(text string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.pending.WriteString(text)
	if d.timer == nil {
		d.release()
		d.timer = time.AfterFunc(deltaPause, d.elapsed)
	}
}

func (d *deltas) elapsed() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.timer == nil {
		return
	}
	d.timer = nil
	if d.pending.Len() > 0 {
		d.release()
		d.timer = time.AfterFunc(deltaPause, d.elapsed)
	}
}

// reset forgets what was not emitted, and takes back what was.
func (d *deltas) reset() {
	d.stop(func() {
		d.emit(node.Event{Type: "message.reset", Data: reset{Agent: d.call.Agent, Call: d.call.Number}})
	})
}

// flush emits the rest. Nothing is emitted after it.
func (d *deltas) flush() { d.stop(d.release) }

func (d *deltas) stop(then func()) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	then()
	d.pending.Reset()
}

func (d *deltas) release() {
	if d.pending.Len() > 0 {
		d.emit(node.Event{Type: "message.delta", Data: delta{Agent: d.call.Agent, Call: d.call.Number, Text: d.pending.String()}})
		d.pending.Reset()
	}
}
