package team

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

const (
	brain = `"provider": "openai", "model": "m"`
	boss  = `{"prompt": "Build it.", "supervisor": {` + brain + `}, "members": [
		{"name": "a", "description": "does a", ` + brain + `, "tools": [{"type": "function", "name": "look", "value": 1}]}, {"name": "b", ` + brain + `}]`
	desk = `{"prompt": "Help me.", "members": [{"name": "a", ` + brain + `, "tools": [{"type": "function", "name": "look", "value": 1}]},
		{"name": "b", "provider": "anthropic", "model": "n"}, {"name": "c", ` + brain + `}]`
	panel = `{"prompt": "Guess.", "members": [{"name": "a", ` + brain + `}, {"name": "b", ` + brain + `}]`
	plans = `{"prompt": "Build it.", "planner": {` + brain + `}, "members": [{"name": "a", ` + brain + `}, {"name": "b", ` + brain + `}]`
)

// said is a model's answer as a result; calls are "id name arguments".
func said(number int, text string, calls ...string) node.CallResult {
	response := model.Response{Answer: model.Answer{Text: text}, Stop: model.StopEnd}
	for _, call := range calls {
		parts := strings.SplitN(call, " ", 3)
		response.ToolCalls = append(response.ToolCalls, model.ToolCall{ID: parts[0], Name: parts[1], Arguments: parts[2]})
		response.Stop = model.StopTools
	}
	raw, err := json.Marshal(response)
	if err != nil {
		panic(err)
	}
	return node.CallResult{Number: number, Status: node.Succeeded, Response: raw}
}

func gave(number int, value string) node.CallResult {
	return node.CallResult{Number: number, Status: node.Succeeded, Response: json.RawMessage(value)}
}

func failed(number int, code string) node.CallResult {
	return node.CallResult{Number: number, Status: node.Failed, Failure: node.Fail(code, "because")}
}

// summary is a move in a line: its events, then its calls with who makes them, its output or its failure's code.
func summary(move node.Move) string {
	var parts []string
	for _, e := range move.Events {
		var data struct{ Agent, From, To, Status string }
		if err := json.Unmarshal(e.Data, &data); err != nil {
			panic(err)
		}
		parts = append(parts, strings.Join(strings.Fields(fmt.Sprintf("[%s %s %s %s %s]", strings.TrimPrefix(e.Type, "agent."), data.Agent, data.From, data.To, data.Status)), " "))
	}
	for _, call := range move.Calls {
		parts = append(parts, fmt.Sprintf("%d %s:%s", call.Number, call.Agent, call.Name))
	}
	switch {
	case move.Failure != nil:
		parts = append(parts, "failure "+move.Failure.Code)
	case len(move.Calls) == 0:
		parts = append(parts, "output "+string(move.Output))
	}
	return strings.ReplaceAll(strings.Join(parts, " "), " ]", "]")
}

func next(t testing.TB, kind, config string, results []node.CallResult) node.Move {
	t.Helper()
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	return Programs(prices)[kind].Next(json.RawMessage(config), results)
}

func TestNext(t *testing.T) {
	do := func(id, who, task string) string { return fmt.Sprintf(`%s %s {"task": %q}`, id, who, task) }
	pass := func(to string) string { return `x transfer_to_` + to + ` {"reason": "r"}` }
	for _, test := range []struct {
		name, kind, config string
		results            []node.CallResult
		want               string
	}{
		{"a supervisor begins", "supervisor", boss + "}", nil, "[started supervisor] 1 supervisor:openai/m"},
		{"it may answer alone", "supervisor", boss + "}", []node.CallResult{said(1, "done")}, `[completed supervisor succeeded] output {"text":"done","data":null,"turns":1}`},
		{"its members work at the same time", "supervisor", boss + "}", []node.CallResult{said(1, "", do("x", "a", "1"), do("y", "b", "2"))}, "[started a] [started b] 2 a:openai/m 3 b:openai/m"},
		{"also if one has tools", "supervisor", boss + "}", []node.CallResult{said(1, "", do("x", "a", "1"), do("y", "b", "2")), said(2, "", "t look {}"), said(3, "b's")},
			"[completed b succeeded] 4 a:look"},
		{"it waits for all", "supervisor", boss + "}",
			[]node.CallResult{said(1, "", do("x", "a", "1"), do("y", "b", "2")), said(2, "", "t look {}"), said(3, "b's"), gave(4, "1"), said(5, "a's")},
			"[completed a succeeded] 6 supervisor:openai/m"},
		{"and answers", "supervisor", boss + "}", []node.CallResult{said(1, "", do("x", "a", "1")), said(2, "a's"), said(3, "all")},
			`[completed supervisor succeeded] output {"text":"all","data":null,"turns":3}`},
		{"it goes on without a member that fails", "supervisor", boss + "}",
			[]node.CallResult{said(1, "", do("x", "a", "1")), failed(2, node.CodeRateLimited)}, "[completed a failed] 3 supervisor:openai/m"},
		{"but not without money", "supervisor", boss + "}", []node.CallResult{said(1, "", do("x", "a", "1")), failed(2, node.CodeBudgetExhausted)},
			"[completed a failed] [completed supervisor failed] failure budget_exhausted"},
		{"it is stopped when it goes round in circles", "supervisor", boss + `, "max_repeats": 1}`, []node.CallResult{said(1, "", do("x", "a", "1")), said(2, "a's"), said(3, "", do("y", "a", "1"))},
			"[completed supervisor failed] failure loop_detected"},
		{"a member too, which it learns of", "supervisor", boss + `, "max_repeats": 1}`,
			[]node.CallResult{said(1, "", do("x", "a", "1")), said(2, "", "t look {}"), gave(3, "1"), said(4, "", "u look { }")}, "[completed a failed] 5 supervisor:openai/m"},
		{"all together have so many turns", "supervisor", boss + `, "max_total_turns": 2}`, []node.CallResult{said(1, "", do("x", "a", "1")), said(2, "a's")},
			"[completed a succeeded] [completed supervisor failed] failure max_turns"},
		{"no such member", "supervisor", boss + "}", []node.CallResult{said(1, "", do("x", "z", "1"))}, "2 supervisor:openai/m"},

		{"the first member has control", "handoff", desk + "}", nil, "[started a] 1 a:openai/m"},
		{"or the one that is named", "handoff", desk + `, "start": "c"}`, nil, "[started c] 1 c:openai/m"},
		{"it answers", "handoff", desk + "}", []node.CallResult{said(1, "hi")}, `[completed a succeeded] output {"text":"hi","data":null,"agent":"a","turns":1}`},
		{"or passes control on", "handoff", desk + "}", []node.CallResult{said(1, "", pass("b"))}, "[completed a succeeded] [handoff a b] [started b] 2 b:anthropic/n"},
		{"after what it does beside", "handoff", desk + "}", []node.CallResult{said(1, "", pass("b"), "t look {}")}, "2 a:look"},
		{"who answers", "handoff", desk + "}", []node.CallResult{said(1, "", pass("b")), said(2, "hi")}, `[completed b succeeded] output {"text":"hi","data":null,"agent":"b","turns":2}`},
		{"not to whom it may not", "handoff", desk + `, "handoffs": {"a": ["c"]}}`, []node.CallResult{said(1, "", pass("b"))}, "2 a:openai/m"},
		{"not more often than that", "handoff", desk + `, "max_handoffs": 1}`, []node.CallResult{said(1, "", pass("b")), said(2, "", pass("c"))}, "[completed b succeeded] failure max_turns"},
		{"not back and forth", "handoff", desk + `, "max_repeats": 1}`, []node.CallResult{said(1, "", pass("b")), said(2, "", pass("a")), said(3, "", pass("b"))},
			"[completed a succeeded] failure loop_detected"},
		{"with its failure the team fails", "handoff", desk + "}", []node.CallResult{failed(1, node.CodeModel)}, "[completed a failed] failure model"},
		{"nobody of that name", "handoff", desk + `, "start": "z"}`, nil, "failure invalid_input"},

		{"all begin at the same time", "parallel_agents", panel + "}", nil, "[started a] [started b] 1 a:openai/m 2 b:openai/m"},
		{"all answers are given", "parallel_agents", panel + "}", []node.CallResult{said(1, "1"), said(2, "2")},
			`[completed a succeeded] [completed b succeeded] output {"text":"## a\n\n1\n\n## b\n\n2","data":null,` +
				`"answers":{"a":{"text":"1","data":null,"failure":null},"b":{"text":"2","data":null,"failure":null}},"turns":2}`},
		{"or a judge makes one", "parallel_agents", panel + `, "judge": {` + brain + `}}`, []node.CallResult{said(1, "1"), said(2, "2")},
			"[completed a succeeded] [completed b succeeded] [started judge] 3 judge:openai/m"},
		{"also of one", "parallel_agents", panel + `, "judge": {` + brain + `}}`, []node.CallResult{said(1, "1"), failed(2, node.CodeModel)},
			"[completed a succeeded] [completed b failed] [started judge] 3 judge:openai/m"},
		{"of none there is none", "parallel_agents", panel + "}", []node.CallResult{failed(1, node.CodeModel), failed(2, node.CodeTimeout)}, "[completed a failed] [completed b failed] failure model"},
		{"nor without money", "parallel_agents", panel + "}", []node.CallResult{said(1, "1"), failed(2, node.CodeBudgetExhausted)}, "[completed a succeeded] [completed b failed] failure budget_exhausted"},
		{"no usable judge", "parallel_agents", panel + `, "judge": {}}`, []node.CallResult{said(1, "1"), said(2, "2")}, "[completed a succeeded] [completed b succeeded] failure invalid_input"},

		{"a planner begins", "plan_execute", plans + "}", nil, "[started planner] 1 planner:openai/m"},
		{"the first step", "plan_execute", plans + "}", []node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}, {"member": "a", "task": "y"}], "answer": ""}`)},
			"[completed planner succeeded] [started b] 2 b:openai/m"},
		{"the second step", "plan_execute", plans + "}", []node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}, {"member": "a", "task": "y"}], "answer": ""}`), said(2, "x'")},
			"[completed b succeeded] [started a] 3 a:openai/m"},
		{"plans on", "plan_execute", plans + "}", []node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}], "answer": ""}`), failed(2, node.CodeModel)},
			"[completed b failed] [started planner] 3 planner:openai/m"},
		{"and answers in the end", "plan_execute", plans + "}",
			[]node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}], "answer": ""}`), said(2, "x'"), said(3, `{"steps": [], "answer": "42"}`)},
			`[completed planner succeeded] output {"text":"42","steps":[{"member":"b","task":"x","text":"x'","failed":false}],"turns":3}`},
		{"plans for members alone", "plan_execute", plans + "}", []node.CallResult{said(1, `{"steps": [{"member": "z", "task": "x"}], "answer": ""}`)}, "2 planner:openai/m"},
		{"not for ever", "plan_execute", plans + `, "max_plans": 1}`, []node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}], "answer": ""}`)},
			"[completed planner succeeded] failure max_turns"},

		{"no members", "supervisor", `{"prompt": "p", "members": []}`, nil, "failure invalid_input"},
		{"no config", "handoff", `3`, nil, "failure invalid_input"},
		{"no usable member", "parallel_agents", `{"prompt": "p", "members": [{"name": "a", "provider": "other", "model": "m"}]}`, nil, "failure invalid_input"},
	} {
		t.Run(test.kind+": "+test.name, func(t *testing.T) {
			got := next(t, test.kind, test.config, test.results)
			if summary(got) != test.want {
				t.Errorf("got  %s\nwant %s (%v)", summary(got), test.want, got.Failure)
			}
			if diff := cmp.Diff(got, next(t, test.kind, test.config, test.results)); diff != "" {
				t.Errorf("the same results give another move:\n%s", diff)
			}
		})
	}
}

// request is what the move asks a model.
func request(t *testing.T, move node.Move) (r model.Request) {
	t.Helper()
	if len(move.Calls) != 1 || json.Unmarshal(move.Calls[0].Request, &r) != nil {
		t.Fatalf("no request to a model: %s", summary(move))
	}
	return r
}

func TestWhatModelsAreTold(t *testing.T) {
	for _, test := range []struct {
		name, kind, config string
		results            []node.CallResult
		want               []string
	}{
		{"a supervisor's tools", "supervisor", boss + "}", nil, []string{"Build it.", `"name":"a","description":"does a"`, `"task"`}},
		{"a member's task", "supervisor", boss + "}", []node.CallResult{said(1, "", `x b {"task": "the roof"}`)}, []string{`"user":"the roof"`}},
		{"a member's answer", "supervisor", boss + "}", []node.CallResult{said(1, "", `x b {"task": "the roof"}`), said(2, "It leaks.")}, []string{`"text":"It leaks."`}},
		{"what went before a hand-off", "handoff", desk + "}", []node.CallResult{said(1, "Let me see.", "t look {}", `x transfer_to_b {"reason": "bills"}`), gave(2, `"a leak"`)},
			[]string{"Help me.", "a: Let me see.", "a called look {}: a leak", "a passes control to you: bills"}},
		{"what a judge has to judge", "parallel_agents", panel + `, "judge": {` + brain + `}}`, []node.CallResult{said(1, "one"), failed(2, node.CodeModel)},
			[]string{"Guess.", `## a\n\none`, `## b\n\n(no answer: because)`}},
		{"what a step builds on", "plan_execute", plans + "}", []node.CallResult{said(1, `{"steps": [{"member": "b", "task": "x"}, {"member": "a", "task": "y"}], "answer": ""}`), said(2, "bricks")},
			[]string{`"user":"y\n\nResults so far:\n1. b, to \"x\": bricks`}},
		{"that a plan is the last", "plan_execute", plans + `, "max_plans": 1}`, nil, []string{"no time for further steps", `"enum":["a","b"]`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(request(t, next(t, test.kind, test.config, test.results))); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(strings.ReplaceAll(b.String(), `\\\"`, `\"`), want) {
					t.Errorf("%s is not in %s", want, b.String())
				}
			}
		})
	}
}

// An agent that is a tool may have agents as tools itself.
func TestAgentsAsToolsOfAgents(t *testing.T) {
	inner := `{"type": "agent", "name": "deep", "definition": {"name": "Deep", ` + brain + `}}`
	config := `{"prompt": "p", "supervisor": {` + brain + `}, "members": [{"name": "a", ` + brain + `, "tools": [` + inner + `]}]}`
	results := []node.CallResult{said(1, "", `x a {"task": "1"}`), said(2, "", `y deep {"task": "2"}`)}
	if got := summary(next(t, "supervisor", config, results)); got != "[started deep] 3 deep:openai/m" {
		t.Error(got)
	}
	if got := summary(next(t, "supervisor", config, append(results, said(3, "d"), said(4, "a")))); got != "[completed a succeeded] 5 supervisor:openai/m" {
		t.Error(got)
	}
}

// FuzzNext: whatever the models of a team say, it moves on, in the same way each time, and comes to an end.
func FuzzNext(f *testing.F) {
	f.Add("supervisor", "text", "a", `{"task": "1"}`)
	f.Add("handoff", "", "transfer_to_b", `{"reason": "1"}`)
	f.Add("parallel_agents", "", "look", `{}`)
	f.Add("plan_execute", `{"steps": [{"member": "a", "task": ""}], "answer": ""}`, "", "")
	configs := map[string]string{"supervisor": boss + "}", "handoff": desk + "}", "parallel_agents": panel + "}", "plan_execute": plans + "}"}
	f.Fuzz(func(t *testing.T, kind, text, tool, arguments string) {
		config, known := configs[kind]
		if !known {
			return
		}
		var calls []string
		if tool = strings.ReplaceAll(tool, " ", "_"); tool != "" {
			calls = []string{"id " + tool + " " + arguments}
		}
		var results []node.CallResult
		for range 300 {
			move := next(t, kind, config, results)
			if len(move.Calls) == 0 {
				return
			}
			for _, call := range move.Calls {
				if call.Kind == node.ModelCall {
					results = append(results, said(call.Number, text, calls...))
				} else {
					results = append(results, gave(call.Number, "1"))
				}
			}
		}
		t.Fatal("the team does not come to an end")
	})
}
