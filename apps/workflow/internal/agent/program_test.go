package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

const plain = `{"provider": "openai", "model": "gpt-5-mini", "instructions": "Be brief.", "prompt": "Add them up."}`

const withTools = `{"provider": "openai", "model": "gpt-5-mini", "prompt": {"a": 1}, "max_turns": 3, "tools": [
	{"type": "function", "name": "add", "description": "adds", "value": "${{ args.a + 1 }}",
		"parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}},
	{"type": "http", "name": "send", "method": "POST", "url": "https://example.com/${{ args.x }}"},
	{"type": "http", "name": "look", "url": "https://example.com/"}]}`

const withSchema = `{"provider": "anthropic", "model": "claude-sonnet-5-5", "prompt": "?", "output_schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}`

func program(t testing.TB) Program {
	t.Helper()
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	return New(prices)
}

// said is a model's answer as a result; calls are "id name arguments".
func said(number int, text string, calls ...string) node.CallResult {
	response := model.Response{Answer: model.Answer{Text: text}, Stop: model.StopEnd}
	for _, call := range calls {
		parts := strings.SplitN(call, " ", 3)
		response.ToolCalls = append(response.ToolCalls, model.ToolCall{ID: parts[0], Name: parts[1], Arguments: parts[2]})
		response.Stop = model.StopTools
	}
	return answered(number, response)
}

func answered(number int, response model.Response) node.CallResult {
	raw, err := json.Marshal(response)
	if err != nil {
		panic(err)
	}
	return node.CallResult{Number: number, Status: node.Succeeded, Response: raw}
}

func gave(number int, value string) node.CallResult {
	return node.CallResult{Number: number, Status: node.Succeeded, Response: json.RawMessage(value)}
}

// summary is a move in a line: its calls, its output or its failure's code.
func summary(move node.Move) string {
	if move.Failure != nil {
		return "failure " + move.Failure.Code
	}
	if len(move.Calls) == 0 {
		return "output " + string(move.Output)
	}
	var calls []string
	for _, call := range move.Calls {
		calls = append(calls, fmt.Sprintf("%d %s", call.Number, call.Name))
	}
	return strings.Join(calls, ", ")
}

func TestNext(t *testing.T) {
	for _, test := range []struct {
		name, config string
		results      []node.CallResult
		want         string
	}{
		{"begins with the model", plain, nil, "1 openai/gpt-5-mini"},
		{"ends with the answer", plain, []node.CallResult{said(1, "3")}, `output {"text":"3","data":null,"turns":1}`},
		{"calls tools at once", withTools, []node.CallResult{said(1, "", `a add {"a":1}`, `b look {}`)}, "2 add, 3 look"},
		{"asks only for the results that it lacks", withTools, []node.CallResult{said(1, "", `a add {"a":1}`, `b look {}`), gave(3, `"x"`)}, "2 add"},
		{"tells the model the results", withTools, []node.CallResult{said(1, "", `a add {"a":1}`), gave(2, `2`)}, "3 openai/gpt-5-mini"},
		{"in whatever order they come", withTools, []node.CallResult{gave(2, `2`), said(3, "two"), said(1, "", `a add {"a":1}`)}, `output {"text":"two","data":null,"turns":2}`},
		{"no arguments at all", withTools, []node.CallResult{said(1, "", "a look ")}, "2 look"},
		{"does not call what does not exist", withTools, []node.CallResult{said(1, "", "a rm {}")}, "2 openai/gpt-5-mini"},
		{"nor with wrong arguments", withTools, []node.CallResult{said(1, "", `a add {"a":"x"}`)}, "2 openai/gpt-5-mini"},
		{"nor with broken ones", withTools, []node.CallResult{said(1, "", `a add {"a":`)}, "2 openai/gpt-5-mini"},
		{"but calls the right ones beside them", withTools, []node.CallResult{said(1, "", `a add {"a":`, `b add {"a":2}`)}, "2 add"},
		{"has so many turns", withTools, []node.CallResult{said(1, "", `a look {}`), gave(2, `1`), said(3, "", `a look {}`), gave(4, `1`), said(5, "", `a look {}`)}, "failure max_turns"},
		{"may answer in the last turn", withTools, []node.CallResult{said(1, "", `a look {}`), gave(2, `1`), said(3, "", `a look {}`), gave(4, `1`), said(5, "done")},
			`output {"text":"done","data":null,"turns":3}`},
		{"fails with the model", plain, []node.CallResult{{Number: 1, Status: node.Failed, Failure: node.Fail(node.CodeRateLimited, "x")}}, "failure rate_limited"},
		{"goes on without a tool", withTools, []node.CallResult{said(1, "", `a look {}`), {Number: 2, Status: node.Failed, Failure: node.Fail(node.CodeHTTPStatus, "404")}}, "3 openai/gpt-5-mini"},
		{"but not without knowing", withTools, []node.CallResult{said(1, "", `a send {}`), {Number: 2, Status: node.Unknown}}, "failure outcome_unknown"},
		{"nor without a budget", withTools, []node.CallResult{said(1, "", `a look {}`), {Number: 2, Status: node.Failed, Failure: node.Fail(node.CodeBudgetExhausted, "x")}}, "failure budget_exhausted"},
		{"is not content with half an answer", plain, []node.CallResult{answered(1, model.Response{Answer: model.Answer{Text: "3 is"}, Stop: model.StopLength})}, "failure invalid_output"},
		{"takes no for an answer", plain, []node.CallResult{answered(1, model.Response{Answer: model.Answer{Text: "no"}, Stop: model.StopRefusal})}, "failure model"},
		{"data that fit", withSchema, []node.CallResult{said(1, `{"n": 1}`)}, `output {"text":"{\"n\": 1}","data":{"n":1},"turns":1}`},
		{"data in Markdown", withSchema, []node.CallResult{said(1, "```json\n{\"n\": 1}\n```\n")}, "output {\"text\":\"```json\\n{\\\"n\\\": 1}\\n```\\n\",\"data\":{\"n\":1},\"turns\":1}"},
		{"data that do not fit", withSchema, []node.CallResult{said(1, `{"n": "x"}`)}, "2 anthropic/claude-sonnet-5-5"},
		{"no data", withSchema, []node.CallResult{said(1, `I think it is 1`)}, "2 anthropic/claude-sonnet-5-5"},
		{"repaired", withSchema, []node.CallResult{said(1, `{}`), said(2, `{"n": 2}`)}, `output {"text":"{\"n\": 2}","data":{"n":2},"turns":2}`},
		{"not repaired", withSchema, []node.CallResult{said(1, `{}`), said(2, `{}`)}, "failure invalid_output"},
		{"an unreadable record", plain, []node.CallResult{gave(1, `3`)}, "failure internal"},
		{"an unknown provider", `{"provider": "other", "model": "m"}`, nil, "failure invalid_input"},
		{"no config", `3`, nil, "failure invalid_input"},
		{"too many turns", `{"provider": "openai", "model": "m", "max_turns": 101}`, nil, "failure invalid_input"},
		{"too hot", `{"provider": "openai", "model": "m", "temperature": 3}`, nil, "failure invalid_input"},
		{"too much", `{"provider": "openai", "model": "m", "prompt": "` + strings.Repeat("x", maxConversation) + `"}`, nil, "failure too_large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := program(t).Next(json.RawMessage(test.config), test.results)
			if summary(got) != test.want {
				t.Errorf("got %s, want %s (%v)", summary(got), test.want, got.Failure)
			}
			again := program(t).Next(json.RawMessage(test.config), test.results)
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("the same results give another move:\n%s", diff)
			}
		})
	}
}

func conversation(t *testing.T, move node.Move) model.Request {
	t.Helper()
	var request model.Request
	if len(move.Calls) != 1 || json.Unmarshal(move.Calls[0].Request, &request) != nil {
		t.Fatalf("no request to a model: %s", summary(move))
	}
	return request
}

func TestWhatTheModelIsTold(t *testing.T) {
	long := `"` + strings.Repeat("ä", maxResult) + `"`
	move := program(t).Next(json.RawMessage(withTools), []node.CallResult{
		said(1, "I look.", `a add {"a":1}`, `b rm {}`, `c look {}`, `d add {"b":1}`, `e look {}`),
		gave(2, `{"sum":2}`),
		{Number: 3, Status: node.Failed, Failure: node.Fail(node.CodeHTTPStatus, "GET x answered 422"), Response: json.RawMessage(`{"status":422,"body":"no"}`)},
		gave(4, long),
	})
	request := conversation(t, move)
	if request.Messages[0].User != `{"a": 1}` || len(request.Tools) != 3 || request.MaxOutputTokens != 4096 || request.NoTools {
		t.Errorf("the request is %+v", request)
	}
	results := request.Messages[2].Results
	for i, want := range []struct {
		id, text string
		failed   bool
	}{
		{"b", `there is no tool "rm"; there are: add, send, look`, true},
		{"d", "do not fit the tool's parameters", true},
		{"a", `{"sum":2}`, false},
		{"c", "error: GET x answered 422\n{\"status\":422", true},
		{"e", "\n(cut: the whole result has 131072 bytes)", false},
	} {
		found := false
		for _, got := range results {
			found = found || got.ID == want.id && strings.Contains(got.Text, want.text) && got.Failed == want.failed && len(got.Text) < maxResult+100
		}
		if !found {
			t.Errorf("%d: no result like %+v in %+v", i, want, results)
		}
	}
	if len(results) != 5 || results[0].ID != "a" || results[4].ID != "e" {
		t.Errorf("the results are not in the order of the calls: %+v", results)
	}
}

func TestRepairForbidsTools(t *testing.T) {
	request := conversation(t, program(t).Next(json.RawMessage(withSchema), []node.CallResult{said(1, `{"n": "x"}`)}))
	if last := request.Messages[2].User; !request.NoTools || !strings.Contains(last, "/n: expected integer") {
		t.Errorf("got %+v", request)
	}
}

func TestCalls(t *testing.T) {
	calls := program(t).Next(json.RawMessage(withTools), []node.CallResult{said(1, "", `a add {"a":1}`, `b send {}`, `c look {}`)}).Calls
	for i, idempotent := range []bool{true, false, true} {
		if calls[i].Idempotent != idempotent || calls[i].Kind != node.ToolCall || calls[i].Reserve != (node.Usage{ToolCalls: 1}) {
			t.Errorf("%+v", calls[i])
		}
	}
	asked := program(t).Next(json.RawMessage(plain), nil).Calls[0]
	if !asked.Idempotent || asked.Kind != node.ModelCall || asked.Reserve.OutputTokens != 4096 || asked.Reserve.InputTokens < 100 || asked.Reserve.Cost == 0 {
		t.Errorf("%+v", asked)
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	var wanted []string
	for i := range maxCallsAtOnce + 1 {
		wanted = append(wanted, fmt.Sprintf("c%d look {}", i))
	}
	if got := len(program(t).Next(json.RawMessage(withTools), []node.CallResult{said(1, "", wanted...)}).Calls); got != maxCallsAtOnce {
		t.Errorf("%d calls at once", got)
	}
}

// FuzzNext: whatever a model says, the agent moves on, and in the same way each time.
func FuzzNext(f *testing.F) {
	f.Add("text", "add", `{"a":1}`, `2`)
	f.Add("", "look", `{"a":1} {}`, `null`)
	f.Add("```", "\x00", "\xff", `"`)
	p := program(f)
	f.Fuzz(func(t *testing.T, text, name, arguments, result string) {
		results := []node.CallResult{said(1, text, "id "+strings.ReplaceAll(name, " ", "_")+" "+arguments)}
		move := p.Next(json.RawMessage(withTools), results)
		if move.Failure != nil || len(move.Calls) != 1 {
			t.Fatalf("%s: %v", summary(move), move.Failure)
		}
		if move.Calls[0].Kind == node.ModelCall {
			return
		}
		if !json.Valid(move.Calls[0].Request) {
			t.Errorf("the request is %s", move.Calls[0].Request)
		}
		next := p.Next(json.RawMessage(withTools), append(results, gave(2, result)))
		if next.Failure != nil || next.Calls[0].Kind != node.ModelCall {
			t.Errorf("%s: %v", summary(next), next.Failure)
		}
		completedEvents(node.Call{Number: 1}, []model.Tool{{Name: name}}, model.Response{Answer: model.Answer{ToolCalls: []model.ToolCall{{Name: name, Arguments: arguments}}}})
	})
}
