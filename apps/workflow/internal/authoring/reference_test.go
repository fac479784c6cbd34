package authoring

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

func TestTheExampleIsAWorkflow(t *testing.T) {
	d, problems := document.Decode(example)
	if d == nil {
		t.Fatal(problems)
	}
	if _, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes()}); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestTheModelGetsWhatCanBeUsedHere(t *testing.T) {
	types := graph.DefaultTypes()
	types[0].Unavailable = "it is broken"
	text := instructions(graph.Catalog{Types: types, Providers: map[string]string{"openai": "", "anthropic": "no key"}})
	for _, kind := range types {
		if told := strings.Contains(text, "\n### "+kind.Name+"\n"); told != (kind.Unavailable == "") {
			t.Errorf("%s is told: %t", kind.Name, told)
		}
	}
	if !strings.Contains(text, "- openai\n") || strings.Contains(text, "- anthropic\n") {
		t.Errorf("the providers are wrong in\n%s", text)
	}
}

func TestTheOutputSchemaTakesADocument(t *testing.T) {
	raw, err := outputSchema()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := schema.CompileOwn(raw)
	if err != nil {
		t.Fatal(err)
	}
	good := json.RawMessage(`{"document": ` + string(example) + `, "unsupported": ["x"]}`)
	if problems := compiled.Check(good); len(problems) > 0 {
		t.Error(problems)
	}
	if problems := compiled.Check(json.RawMessage(`{"document": {"name": ""}, "unsupported": []}`)); len(problems) == 0 {
		t.Error("anything is taken for a document")
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"I cannot":                             "one JSON object",
		`[1]`:                                  "object with document",
		`{"unsupported": []}`:                  "lacks document",
		`{"document": 1}`:                      "lacks document",
		`{"document": {"a": 1, "a": 2}}`:       "one JSON object",
		`{"document": {}, "unsupported": "x"}`: "object with document",
	} {
		if _, fault := read(text); !strings.Contains(fault, want) {
			t.Errorf("%s: %q", text, fault)
		}
	}
	if a, fault := read("```json\n{\"document\": {\"a\": 1.0}}\n```"); fault != "" || a.document != `{"a": 1.0}` {
		t.Errorf("%+v, %s", a, fault)
	}
}
