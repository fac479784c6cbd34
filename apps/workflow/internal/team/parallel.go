package team

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// parallel is agents that work on the same prompt at the same time. A judge makes one answer of theirs, or all are given.
type parallel struct {
	session *agent.Session
	config  config
	members []*agent.Conversation
	judge   *agent.Conversation
	failure *node.Failure
}

func beginParallel(s *agent.Session, c config) (agent.Worker, *node.Failure) {
	w := &parallel{session: s, config: c}
	for _, member := range c.members {
		member.Prompt = c.Prompt
		conversation, failure := s.Begin(member)
		if failure != nil {
			return nil, failure
		}
		w.members = append(w.members, conversation)
	}
	return w, nil
}

// answers is what a parallel team gives.
type answers struct {
	Text    string          `json:"text"` // the judge's, or all answers one after the other
	Data    json.RawMessage `json:"data"` // the judge's
	Answers map[string]one  `json:"answers"`
	Turns   int             `json:"turns"`
}

// one is the answer of a member.
type one struct {
	Text    string          `json:"text"`
	Data    json.RawMessage `json:"data"`
	Failure *node.Failure   `json:"failure"`
}

// Wishes are those of all members, and then those of the judge.
func (w *parallel) Wishes() (wishes []agent.Wish) {
	if w.judge != nil {
		return w.judge.Wishes()
	}
	for _, member := range w.members {
		wishes = append(wishes, member.Wishes()...)
		if end := member.End(); fatal(end) {
			w.failure = end.Failure
			return nil
		}
	}
	if len(wishes) > 0 {
		return wishes
	}
	if w.failure = w.allFailed(); w.failure != nil || w.config.Judge == nil {
		return nil
	}
	return w.ask()
}

// Output is the judge's answer, or all of them.
func (w *parallel) Output() (json.RawMessage, *node.Failure) {
	if w.failure != nil {
		return nil, w.failure
	}
	output := answers{Text: w.merged(), Data: json.RawMessage("null"), Answers: map[string]one{}, Turns: w.session.Turns()}
	for i, member := range w.members {
		end := member.End()
		output.Answers[w.config.members[i].Name] = one{Text: end.Text, Data: end.Data, Failure: end.Failure}
	}
	if w.judge != nil {
		end := w.judge.End()
		if end.Failure != nil {
			return nil, end.Failure
		}
		output.Text, output.Data = end.Text, end.Data
	}
	return encode(output)
}

// allFailed is the first failure, if nobody has an answer. Some answers are better than none.
func (w *parallel) allFailed() *node.Failure {
	for _, member := range w.members {
		if member.End().Failure == nil {
			return nil
		}
	}
	return w.members[0].End().Failure
}

// ask lets the judge begin.
func (w *parallel) ask() []agent.Wish {
	judge, failure := lead(w.config.Judge, "judge", words("%s\n\nThe answers of several agents. Make one of them, the best that can be given:\n\n%s", agent.Text(w.config.Prompt), w.merged()))
	if failure == nil {
		w.judge, failure = w.session.Begin(judge)
	}
	if w.failure = failure; failure != nil {
		return nil
	}
	return w.judge.Wishes()
}

// merged are all answers as one text.
func (w *parallel) merged() string {
	var b strings.Builder
	for i, member := range w.members {
		text := member.End().Text
		if failure := member.End().Failure; failure != nil {
			text = "(no answer: " + failure.Message + ")"
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", w.config.members[i].Name, text)
	}
	return strings.TrimSpace(b.String())
}
