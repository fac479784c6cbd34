package evaluation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestOutputsAreHeldAgainstExpectations(t *testing.T) {
	const outputs = `{"text": "Hello Ada", "n": 2.0, "list": [{"a": 1, "b": 2}, null], "deep": {"x": {"y": true}}}`
	for _, test := range []struct {
		expect string
		reason string // part of it; empty: it passes
	}{
		{`{"type": "exact", "value": {"deep": {"x": {"y": true}}, "list": [{"b": 2, "a": 1}, null], "n": 2, "text": "Hello Ada"}}`, ""},
		{`{"type": "exact", "value": {"text": "Hello Ada"}}`, `"op":"remove","path":"/deep"`},
		{`{"type": "json", "value": {"list": [{"a": 1}, null], "deep": {"x": {}}}}`, ""},
		{`{"type": "json", "value": {"list": [{"a": 1}]}}`, `"/list": a list of 1 is expected`},
		{`{"type": "json", "value": {"list": [{"a": "1"}, null]}}`, `"/list/0/a": "1" is expected, got 1`},
		{`{"type": "json", "value": {"deep": {"z": null}}}`, `"/deep/z" is missing`},
		{`{"type": "json", "value": {"text": {}}}`, `"/text": an object is expected`},
		{`{"type": "json", "value": {"list": [{"a": {}}, null]}}`, `an object is expected, got 1`},
		{`{"type": "cel", "expression": "${{ outputs.text.contains(inputs.name) && size(outputs.list) == 2 }}"}`, ""},
		{`{"type": "cel", "expression": "${{ outputs.n > 2 }}"}`, "the expression is false"},
		{`{"type": "cel", "expression": "${{ outputs.nothing == 1 }}"}`, "cannot be evaluated"},
		{`{"type": "cel", "expression": "${{ outputs.text }}"}`, "must give true or false"},
	} {
		var e Expectation
		if err := json.Unmarshal([]byte(test.expect), &e); err != nil {
			t.Fatal(err)
		}
		got := compare(e, json.RawMessage(`{"name": "Ada"}`), json.RawMessage(outputs))
		if got.Passed != (test.reason == "") || !strings.Contains(got.Reason, test.reason) || got.Passed && (got.Score == nil || *got.Score != 1) {
			t.Errorf("%s: %+v", test.expect, got)
		}
	}
}

func TestCasesAreRefusedWithTheirPlace(t *testing.T) {
	providers := map[string]string{"openai": "", "anthropic": "no key"}
	for cases, place := range map[string]string{
		`[]`: ``,
		`[{"name": "\u0000", "expect": {"type": "exact", "value": 1}}]`: `/0/name`,
		`{}`:              ``,
		`[{"name": "a"}]`: `/0`,
		`[{"name": "a", "expect": {"type": "exact"}}]`:                                                                                  `/0/expect`,
		`[{"name": "a", "expect": {"type": "cel", "expression": "${{ nodes.a.output }}"}}]`:                                             `/0/expect/expression`,
		`[{"name": "a", "expect": {"type": "judge", "provider": "anthropic", "model": "m", "rubric": "r"}}]`:                            `/0/expect/provider`,
		`[{"name": "a", "expect": {"type": "judge", "provider": "openai", "model": "m", "rubric": "r", "min_score": 2}}]`:               `/0/expect/min_score`,
		`[{"name": "a", "expect": {"type": "exact", "value": 1}}, {"name": "a", "inputs": {}, "expect": {"type": "json", "value": 1}}]`: `/1/name`,
	} {
		if _, problems := Read(cases, providers); len(problems) == 0 || problems[0].Pointer != place {
			t.Errorf("%s: %v", cases, problems)
		}
	}
	got, problems := Read(`[{"name": "a", "expect": {"type": "exact", "value": null}}]`, providers)
	if len(problems) > 0 || string(got[0].Inputs) != `{}` {
		t.Errorf("%v, %v", got, problems)
	}
}

// FuzzRead reads any cases, in the same way each time. Those that are taken can be decided, and what a value holds is that value.
func FuzzRead(f *testing.F) {
	f.Add(`[{"name": "a", "inputs": {"x": 1}, "expect": {"type": "exact", "value": {"a": [1, null]}}}]`)
	f.Add(`[{"name": "a", "expect": {"type": "json", "value": [{"a": -0.0}, "\u0000", 1e400]}}, {"name": "b", "expect": {"type": "cel", "expression": "${{ outputs.a[0] == 1 }}"}}]`)
	f.Add(`[{"name": "a", "expect": {"type": "judge", "provider": "openai", "model": "m", "rubric": "r", "min_score": 2}}]`)
	providers := map[string]string{"openai": "", "anthropic": "no key"}
	f.Fuzz(func(t *testing.T, text string) {
		cases, problems := Read(text, providers)
		if _, again := Read(text, providers); fmt.Sprint(again) != fmt.Sprint(problems) {
			t.Fatalf("once %v, once %v", problems, again)
		}
		if len(problems) > 0 {
			return
		}
		for _, c := range cases {
			var e Expectation
			if err := json.Unmarshal(c.Expect, &e); err != nil {
				t.Fatal(err)
			}
			compare(e, c.Inputs, json.RawMessage(`{"a": [1, null]}`))
			if got := compare(e, c.Inputs, e.Value); (e.Type == Exact || e.Type == JSON) && !got.Passed {
				t.Errorf("%s is not itself: %s", e.Value, got.Reason)
			}
		}
	})
}
