package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// errand is one tool call of an answer, until it has its result: a call of its own, or the work of another agent.
type errand struct {
	wanted model.ToolCall
	tool   Tool
	agent  *Conversation
	result *model.ToolResult
}

// callTools begins everything that an answer wants done.
func (c *Conversation) callTools(calls []model.ToolCall) {
	c.open = make([]*errand, 0, len(calls))
	for i, wanted := range calls {
		e := &errand{wanted: wanted}
		c.open = append(c.open, e)
		if fault := c.tools.check(wanted, i); fault != "" {
			e.result = &model.ToolResult{ID: wanted.ID, Text: fault, Failed: true}
			continue
		}
		if c.repeated(wanted) {
			c.fail(&node.Failure{Code: node.CodeLoop, Final: true, Message: fmt.Sprintf(
				"%sthe tool %s was called more than %d times with the same arguments: say in the instructions when to stop, or raise max_repeats", who(c.config.Name), wanted.Name, c.session.limits.Repeats)})
			return
		}
		e.tool, _ = c.config.tool(wanted.Name)
		if failure := c.begin(e); failure != nil {
			c.fail(failure)
			return
		}
	}
}

// begin lets another agent work, or notes that control is to be passed on; all else waits for its result.
func (c *Conversation) begin(e *errand) (failure *node.Failure) {
	switch e.tool.Type {
	case "agent":
		e.agent, failure = c.delegate(e.tool, e.wanted)
	case "handoff":
		var given struct{ Reason string }
		_ = json.Unmarshal(arguments(e.wanted), &given) // it fits the parameters
		c.handoff = &Handoff{To: e.tool.To, Reason: given.Reason}
		e.result = &model.ToolResult{ID: e.wanted.ID, Text: "passed on to " + e.tool.To}
	}
	return failure
}

// prepareTool makes the call of a tool.
func (c *Conversation) prepareTool(e *errand) (node.Call, *node.Failure) {
	call, failure := toolCall(e.tool, e.wanted)
	call.Agent = c.config.Name
	return call, failure
}

// delegate lets another agent do a task.
func (c *Conversation) delegate(tool Tool, wanted model.ToolCall) (*Conversation, *node.Failure) {
	var given struct{ Task json.RawMessage }
	if err := json.Unmarshal(arguments(wanted), &given); err != nil {
		return nil, node.Fail(node.CodeInternal, "the task for %s cannot be read: %v", tool.Name, err)
	}
	other, failure := ReadConfig(tool.Definition)
	if failure != nil {
		return nil, failure
	}
	other.Name, other.Prompt = tool.Name, given.Task
	return c.session.Begin(other)
}

// repeated counts a tool call, and says whether it was made too often.
func (c *Conversation) repeated(wanted model.ToolCall) bool {
	var compact bytes.Buffer
	if json.Compact(&compact, arguments(wanted)) != nil {
		return false
	}
	key := wanted.Name + " " + compact.String()
	c.repeats[key]++
	return c.session.limits.Repeats > 0 && c.repeats[key] > c.session.limits.Repeats
}

// errands are the calls that the open errands still lack.
func (c *Conversation) errands() (wishes []Wish) {
	for _, e := range c.open {
		switch {
		case e.result != nil:
		case e.agent == nil:
			wishes = append(wishes, Wish{
				Prepare: func() (node.Call, *node.Failure) { return c.prepareTool(e) },
				Tell:    func(r node.CallResult) { c.returned(e, r) },
			})
		default:
			wishes = append(wishes, e.agent.Wishes()...)
			if e.agent.end != nil {
				c.reported(e, *e.agent.end)
			}
		}
	}
	if c.end != nil {
		return nil
	}
	return wishes
}

// returned takes the result of a tool.
func (c *Conversation) returned(e *errand, result node.CallResult) {
	if failure := fatal(result); failure != nil {
		c.fail(failure)
		return
	}
	e.result = new(shown(e.wanted.ID, result))
}

// reported takes what another agent came to. Its failures are for the model to deal with, as those of other tools.
func (c *Conversation) reported(e *errand, end End) {
	if Fatal(end.Failure) {
		c.fail(end.Failure)
		return
	}
	result := node.CallResult{Response: end.Data, Failure: end.Failure}
	if text, err := json.Marshal(end.Text); err == nil && (len(end.Data) == 0 || string(end.Data) == "null") {
		result.Response = text
	}
	e.result = new(shown(e.wanted.ID, result))
}

// told lets the model know the results, or passes control on.
func (c *Conversation) told() {
	message := model.Message{}
	for _, e := range c.open {
		message.Results = append(message.Results, *e.result)
	}
	c.request.Messages = append(c.request.Messages, message)
	c.open = nil
	if c.handoff != nil {
		c.close(End{Handoff: c.handoff})
	}
}

// fatal is what ends the agent, where other failures of a tool are for the model to deal with.
func fatal(result node.CallResult) *node.Failure {
	if result.Status == node.Unknown {
		return &node.Failure{
			Code: node.CodeOutcomeUnknown, Final: true,
			Message: fmt.Sprintf("call %d of a tool was cut and may have been carried out; see whether it was, and take the run up again from this step", result.Number),
		}
	}
	if Fatal(result.Failure) {
		return result.Failure
	}
	return nil
}

// Fatal says whether a failure ends all agents of a step: nothing more can be paid or replayed, or a person has to look.
func Fatal(failure *node.Failure) bool {
	return failure != nil && slices.Contains([]string{node.CodeBudgetExhausted, node.CodeOutcomeUnknown, node.CodeNotRecorded}, failure.Code)
}

// who names an agent at the beginning of a message; an agent node's own has no name.
func who(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}
