package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// talked is an agent's config with a thread of so many messages of so many bytes.
func talked(memory string, count, bytes int, summary string) string {
	recalled := node.Recalled{Summary: summary, Messages: []node.RecalledSpeech{}}
	for i := range count {
		role := "user"
		if i%2 == 1 {
			role = "assistant"
		}
		recalled.Messages = append(recalled.Messages, node.RecalledSpeech{Seq: int64(i + 5), Role: role, Text: strings.Repeat("x", bytes)})
	}
	raw, err := json.Marshal(recalled)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"provider": "openai", "model": "m", "instructions": "Be brief.", "prompt": "now", "memory": {"thread": "thr_1"%s}, "recalled": %s}`, memory, raw)
}

func TestWhatIsRecalled(t *testing.T) {
	for _, test := range []struct {
		name, config string
		summarized   bool // by a call of its own
		shown        int  // messages before the prompt
		through      int64
	}{
		{"an empty thread", talked("", 0, 0, ""), false, 0, 0},
		{"all of a short one", talked("", 4, 10, "before"), false, 4, 0},
		{"just as much as there may be", talked("", 20, 10, ""), false, 20, 0},
		{"half of the bounds, when there is more", talked("", 22, 10, ""), true, 10, 16},
		{"by its bytes", talked(`, "bytes": 1024`, 6, 300, ""), true, 0, 10},
		{"what begins with its user", talked(`, "messages": 5`, 6, 10, ""), true, 2, 8},
		{"without a summary", talked(`, "messages": 4, "summary": false`, 9, 10, ""), false, 3, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw := json.RawMessage(test.config)
			var results []node.CallResult
			if test.summarized {
				asked := conversation(t, program(t).Next(raw, nil))
				if !asked.Unheard || asked.Instructions != summaryInstructions || !strings.Contains(asked.Messages[0].User, "user: x") {
					t.Errorf("the summary is asked for with %+v", asked)
				}
				results = append(results, said(1, "in short"))
			}
			request := conversation(t, program(t).Next(raw, results))
			if got := len(request.Messages) - 1; got != test.shown || request.Messages[got].User != "now" || got > 0 && request.Messages[0].Answer != nil {
				t.Errorf("the model is shown %+v", request.Messages)
			}
			if test.summarized != strings.Contains(request.Instructions, "in short") && !strings.Contains(test.config, "before") || !strings.HasPrefix(request.Instructions, "Be brief.") {
				t.Errorf("the instructions are %q", request.Instructions)
			}
			end := program(t).Next(raw, append(results, said(len(results)+1, "answer")))
			want := node.Said{Thread: "thr_1", Prompt: "now", Answer: "answer", Through: test.through}
			if test.summarized {
				want.Summary = "in short"
			}
			if end.Said == nil || *end.Said != want {
				t.Errorf("it adds %+v, want %+v", end.Said, want)
			}
		})
	}
}

func TestAnEarlierSummaryIsFoldedIn(t *testing.T) {
	asked := conversation(t, program(t).Next(json.RawMessage(talked("", 30, 10, "they met in 2019")), nil))
	if !strings.Contains(asked.Messages[0].User, "they met in 2019") || strings.Count(asked.Messages[0].User, "user: ") != 10 {
		t.Errorf("the summary is made of %q", asked.Messages[0].User)
	}
	shown := conversation(t, program(t).Next(json.RawMessage(talked("", 2, 10, "they met in 2019")), nil))
	if !strings.Contains(shown.Instructions, "they met in 2019") {
		t.Errorf("the instructions are %q", shown.Instructions)
	}
}

func TestASummaryThatFails(t *testing.T) {
	move := program(t).Next(json.RawMessage(talked("", 30, 10, "")), []node.CallResult{{Number: 1, Status: node.Failed, Failure: node.Fail(node.CodeRateLimited, "x")}})
	if summary(move) != "failure rate_limited" {
		t.Errorf("got %s", summary(move))
	}
}

// TestASummaryThatSaysNothing: the messages stay to be folded by the next step.
func TestASummaryThatSaysNothing(t *testing.T) {
	for _, empty := range []model.Response{{Stop: model.StopLength}, {Answer: model.Answer{Text: "no"}, Stop: model.StopRefusal}} {
		move := program(t).Next(json.RawMessage(talked("", 30, 10, "before")), []node.CallResult{answered(1, empty), said(2, "a")})
		if move.Said == nil || move.Said.Summary != "" || move.Said.Through != 0 || move.Said.Answer != "a" {
			t.Errorf("%+v, %v", move.Said, move.Failure)
		}
	}
}

func TestWithoutAThreadNothingIsSaid(t *testing.T) {
	move := program(t).Next(json.RawMessage(`{"provider": "openai", "model": "m", "prompt": "p", "memory": {"thread": ""}}`), []node.CallResult{said(1, "a")})
	if move.Said != nil || move.Failure != nil {
		t.Errorf("%+v", move)
	}
}
