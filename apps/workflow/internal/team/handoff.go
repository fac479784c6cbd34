package team

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// handoff is agents of which one has control. It answers, or passes control on with everything that was said and done.
type handoff struct {
	session    *agent.Session
	config     config
	name       string // of who has control
	current    *agent.Conversation
	transcript string
	passed     int
	pairs      map[string]int // how often control went from one to another
	failure    *node.Failure
}

func beginHandoff(s *agent.Session, c config) (agent.Worker, *node.Failure) {
	w := &handoff{session: s, config: c, pairs: map[string]int{}}
	start := c.Start
	if start == "" {
		start = c.members[0].Name
	}
	w.give(start, c.Prompt)
	return w, w.failure
}

// passed is the data of agent.handoff.
type passed struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// Wishes are those of who has control.
func (w *handoff) Wishes() []agent.Wish {
	for w.failure == nil {
		if wishes := w.current.Wishes(); len(wishes) > 0 {
			return wishes
		}
		to := w.current.End().Handoff
		if to == nil {
			return nil
		}
		w.pass(*to)
	}
	return nil
}

// Output is the answer of who had control last.
func (w *handoff) Output() (json.RawMessage, *node.Failure) {
	if w.failure != nil {
		return nil, w.failure
	}
	end := w.current.End()
	if end.Failure != nil {
		return nil, end.Failure
	}
	return encode(answer{Text: end.Text, Data: end.Data, Agent: w.name, Turns: w.session.Turns()})
}

// give lets a member begin.
func (w *handoff) give(name string, prompt json.RawMessage) {
	i := slices.IndexFunc(w.config.members, func(m agent.Config) bool { return m.Name == name })
	if i < 0 {
		w.failure = invalid("there is no member %q to pass control to", name)
		return
	}
	member := w.config.members[i]
	member.Prompt = prompt
	member.Tools = append(slices.Clone(member.Tools), w.ways(name)...)
	w.name = name
	w.current, w.failure = w.session.Begin(member)
}

// ways are the tools by which a member passes control on.
func (w *handoff) ways(from string) (tools []agent.Tool) {
	allowed, stated := w.config.Handoffs[from]
	for _, to := range w.config.members {
		if to.Name != from && (w.config.Handoffs == nil || stated && slices.Contains(allowed, to.Name)) {
			tools = append(tools, agent.Tool{Type: "handoff", To: to.Name, Name: "transfer_to_" + to.Name, Description: "Passes control to " + to.Name + ". " + to.Description})
		}
	}
	return tools
}

// pass gives control to another member, unless it goes back and forth.
func (w *handoff) pass(to agent.Handoff) {
	w.passed++
	pair := w.name + " " + to.To
	w.pairs[pair]++
	switch {
	case w.passed > w.config.MaxHandoffs:
		w.failure = node.Fail(node.CodeMaxTurns, "control was passed on more than %d times, which max_handoffs makes the last", w.config.MaxHandoffs)
		return
	case w.pairs[pair] > w.config.MaxRepeats:
		w.failure = &node.Failure{Code: node.CodeLoop, Final: true, Message: fmt.Sprintf(
			"%s passed control to %s more than %d times: say in their instructions who does what, or raise max_repeats", w.name, to.To, w.config.MaxRepeats)}
		return
	}
	w.session.Log("agent.handoff", passed{w.name, to.To, to.Reason})
	w.transcript += w.current.Transcript()
	w.give(to.To, words("%s\n\nWhat was said and done so far:\n%s\n%s passes control to you: %s", agent.Text(w.config.Prompt), w.transcript, w.name, to.Reason))
}
