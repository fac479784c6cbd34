package agent

import (
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Conversation is one agent at work: ask the model, call the tools it wants, tell it the results, until it answers.
type Conversation struct {
	session  *Session
	config   Config
	request  model.Request
	tools    *toolbox
	turns    int
	repaired bool                  // the model was told that its answer does not fit
	older    []node.RecalledSpeech // of its thread, to be summarized first
	said     node.Said             // with its answer, in its thread
	open     []*errand
	repeats  map[string]int
	handoff  *Handoff // wanted, as soon as the other tools of the same answer are done
	end      *End
}

// End is how a conversation ended.
type End struct {
	Text    string
	Data    json.RawMessage // null without an output_schema
	Handoff *Handoff        // the agent passes control on instead of answering
	Failure *node.Failure
}

// Handoff is a wish to pass control to another agent.
type Handoff struct{ To, Reason string }

// Begin starts an agent. The failure is that its config cannot be worked with.
func (s *Session) Begin(c Config) (*Conversation, *node.Failure) {
	if failure := c.check(); failure != nil {
		return nil, failure
	}
	if c.Name != "" {
		s.Log("agent.started", begun{Agent: c.Name, Task: clip(asText(c.Prompt), maxShown)})
	}
	r := c.request()
	conversation := &Conversation{session: s, config: c, request: r, tools: newToolbox(r.Tools, s.schemas), repeats: map[string]int{}}
	conversation.recall()
	return conversation, nil
}

// End is nil while the agent works.
func (c *Conversation) End() *End { return c.end }

// Wishes is one call to the model, or those to the tools that it wants.
func (c *Conversation) Wishes() []Wish {
	for c.end == nil {
		if c.older != nil {
			return c.fold()
		}
		if c.open == nil {
			return c.ask()
		}
		if wishes := c.errands(); len(wishes) > 0 {
			return wishes
		}
		if c.end == nil {
			c.told()
		}
	}
	return nil
}

// ask is the next request to the model.
func (c *Conversation) ask() []Wish {
	if most := c.session.limits.Turns; most > 0 && c.session.turns >= most {
		return c.fail(node.Fail(node.CodeMaxTurns, "the agents of this step have had %d turns together, the most that they may have; a team's max_total_turns says how many", most))
	}
	return []Wish{{Prepare: func() (node.Call, *node.Failure) { return c.prepare(c.request) }, Tell: c.answered}}
}

func (c *Conversation) prepare(request model.Request) (node.Call, *node.Failure) {
	encoded, err := json.Marshal(request)
	if err != nil {
		return node.Call{}, node.Fail(node.CodeInternal, "the request to the model cannot be encoded: %v", err)
	}
	if len(encoded) > maxConversation {
		return node.Call{}, &node.Failure{
			Code: node.CodeTooLarge, Final: true,
			Message: fmt.Sprintf("the conversation has %d bytes, at most %d are allowed: give the model less, or let its tools answer with less", len(encoded), maxConversation),
		}
	}
	reserve, err := c.session.prices.Reserve(request)
	if err != nil {
		return node.Call{}, node.Fail(node.CodeInternal, "%v", err)
	}
	return node.Call{
		Kind: node.ModelCall, Agent: c.config.Name, Name: c.config.Provider + "/" + c.config.Model, Idempotent: true, Request: encoded, Reserve: reserve,
	}, nil
}

// answered takes the model's answer.
func (c *Conversation) answered(result node.CallResult) {
	response, failure := answerOf(result)
	if failure != nil {
		c.fail(failure)
		return
	}
	c.turns++
	c.session.turns++
	c.request.Messages = append(c.request.Messages, model.Message{Answer: &response.Answer})
	switch {
	case response.Stop == model.StopLength:
		c.fail(node.Fail(node.CodeOutput, "the answer was cut at max_output_tokens (%d), or at the end of the model's context: raise it, or ask for less", c.config.MaxOutputTokens))
	case response.Stop == model.StopRefusal:
		c.fail(&node.Failure{Code: node.CodeModel, Message: "the model refuses to answer: " + excerpt(response.Text, 500), Final: true})
	case len(response.ToolCalls) == 0 || c.repaired:
		c.finish(response.Text)
	case c.turns >= c.config.MaxTurns:
		c.fail(node.Fail(node.CodeMaxTurns, "the model still wanted to call tools in turn %d, which max_turns makes the last", c.turns))
	default:
		c.callTools(response.ToolCalls)
	}
}

// fail ends the conversation; nothing is wished for any more.
func (c *Conversation) fail(failure *node.Failure) []Wish {
	c.close(End{Failure: failure})
	return nil
}

func (c *Conversation) close(end End) {
	if c.end != nil {
		return
	}
	c.end = &end
	if c.config.Name == "" {
		return
	}
	done := ended{Agent: c.config.Name, Status: node.Succeeded, Text: clip(end.Text, maxShown), Turns: c.turns, Failure: end.Failure}
	if end.Failure != nil {
		done.Status = node.Failed
	}
	c.session.Log("agent.completed", done)
}

// failureOf is why a model call gave no answer.
func failureOf(result node.CallResult) *node.Failure {
	switch {
	case result.Status == node.Succeeded:
		return nil
	case result.Failure != nil:
		return result.Failure
	}
	return node.Fail(node.CodeConnection, "call %d of the model has no known outcome", result.Number)
}
