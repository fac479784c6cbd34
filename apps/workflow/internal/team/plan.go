package team

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// planning is an agent that plans steps for the others, who carry them out one after the other. With their results it
// plans on, or answers.
type planning struct {
	session *agent.Session
	config  config
	plans   int
	current *agent.Conversation // of the planner, or of who carries out the step that is open
	open    []step
	done    []outcome
	answer  string
	over    bool
	failure *node.Failure
}

// step is one of a plan.
type step struct {
	Member string `json:"member"`
	Task   string `json:"task"`
}

// outcome is a step that was carried out.
type outcome struct {
	step
	Text   string `json:"text"`
	Failed bool   `json:"failed"`
}

// plan is what a planner answers: what is still to do, or the answer.
type plan struct {
	Steps  []step `json:"steps"`
	Answer string `json:"answer"`
}

func beginPlan(s *agent.Session, c config) (agent.Worker, *node.Failure) {
	w := &planning{session: s, config: c}
	w.think()
	return w, w.failure
}

// Wishes are those of who is at work.
func (w *planning) Wishes() []agent.Wish {
	for w.failure == nil && !w.over {
		if wishes := w.current.Wishes(); len(wishes) > 0 {
			return wishes
		}
		end := w.current.End()
		switch {
		case len(w.open) > 0:
			w.carriedOut(end)
		case end.Failure != nil:
			w.failure = end.Failure
		default:
			w.planned(end)
		}
	}
	return nil
}

// Output is the planner's answer, with the steps that led to it.
func (w *planning) Output() (json.RawMessage, *node.Failure) {
	if w.failure != nil {
		return nil, w.failure
	}
	return encode(struct {
		Text  string    `json:"text"`
		Steps []outcome `json:"steps"`
		Turns int       `json:"turns"`
	}{w.answer, append([]outcome{}, w.done...), w.session.Turns()})
}

// think lets the planner make a plan of what is left.
func (w *planning) think() {
	w.plans++
	planner, failure := lead(w.config.Planner, "planner", w.question())
	if failure == nil {
		planner.OutputSchema, failure = w.schema()
	}
	if failure == nil {
		w.current, failure = w.session.Begin(planner)
	}
	w.failure = failure
}

// question is what the planner has to go by.
func (w *planning) question() json.RawMessage {
	var b strings.Builder
	b.WriteString(agent.Text(w.config.Prompt) + "\n\nPlan steps for these agents. Each gets its task and the results of the steps before it, nothing else:\n")
	for _, member := range w.config.members {
		fmt.Fprintf(&b, "- %s: %s\n", member.Name, member.Description)
	}
	b.WriteString(w.results())
	if w.plans == w.config.MaxPlans {
		b.WriteString("\nThere is no time for further steps: answer, with no steps.")
	} else {
		b.WriteString("\nAs soon as the results are enough, answer, with no steps. Until then leave the answer empty.")
	}
	return words("%s", b.String())
}

// schema is that of a plan, for these members.
func (w *planning) schema() (json.RawMessage, *node.Failure) {
	names := make([]string, 0, len(w.config.members))
	for _, member := range w.config.members {
		names = append(names, member.Name)
	}
	text := map[string]any{"type": "string"}
	one := object{"member": map[string]any{"enum": names}, "task": text}.closed("member", "task")
	return encode(object{"steps": map[string]any{"type": "array", "items": one}, "answer": text}.closed("steps", "answer"))
}

// object is the properties of a JSON Schema.
type object map[string]any

// closed allows no other properties, and demands these.
func (o object) closed(required ...string) map[string]any {
	return map[string]any{"type": "object", "properties": o, "required": required, "additionalProperties": false}
}

func (w *planning) results() string {
	if len(w.done) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nResults so far:\n")
	for i, o := range w.done {
		fmt.Fprintf(&b, "%d. %s, to %q: %s\n", i+1, o.Member, o.Task, o.Text)
	}
	return b.String()
}

// planned takes the planner's answer, which fits the schema.
func (w *planning) planned(end *agent.End) {
	var p plan
	if err := json.Unmarshal(end.Data, &p); err != nil {
		w.failure = node.Fail(node.CodeInternal, "the plan cannot be read: %v", err)
		return
	}
	switch {
	case len(p.Steps) == 0:
		w.answer, w.over = p.Answer, true
	case w.plans >= w.config.MaxPlans:
		w.failure = node.Fail(node.CodeMaxTurns, "plan %d still had steps, and max_plans makes it the last", w.plans)
	default:
		w.open = p.Steps
		w.carryOut()
	}
}

// carryOut lets a member begin with the next step.
func (w *planning) carryOut() {
	next := w.open[0]
	i := slices.IndexFunc(w.config.members, func(m agent.Config) bool { return m.Name == next.Member })
	if i < 0 {
		w.failure = node.Fail(node.CodeOutput, "the plan names %q, who is no member", next.Member)
		return
	}
	member := w.config.members[i]
	member.Prompt = words("%s\n%s", next.Task, w.results())
	w.current, w.failure = w.session.Begin(member)
}

// carriedOut takes a step's result. What failed is for the planner to deal with.
func (w *planning) carriedOut(end *agent.End) {
	if fatal(end) {
		w.failure = end.Failure
		return
	}
	o := outcome{step: w.open[0], Text: end.Text}
	if end.Failure != nil {
		o.Text, o.Failed = "it failed: "+end.Failure.Message, true
	}
	w.done = append(w.done, o)
	if w.open = w.open[1:]; len(w.open) > 0 {
		w.carryOut()
		return
	}
	w.think()
}
