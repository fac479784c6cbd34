package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

func TestCheckAgent(t *testing.T) {
	if problems := CheckAgent([]byte(published), catalog()); problems != nil {
		t.Error(problems)
	}
	for _, tt := range []struct{ name, from, to, pointer, code string }{
		{"no name", `"name": "Adder", `, ``, "", problem.CodeMissingField},
		{"no model", `"model": "m", `, ``, "", problem.CodeMissingField},
		{"a prompt", `"model": "m"`, `"model": "m", "prompt": "p"`, "/prompt", problem.CodeUnknownField},
		{"a reference", `"model": "m"`, `"model": "m", "agent": "agt_1"`, "/agent", problem.CodeUnknownField},
		{"turns", `"max_turns": 3`, `"max_turns": 0`, "/max_turns", problem.CodeOutOfRange},
		{"provider", `"openai"`, `"anthropic"`, "/provider", problem.CodeUnavailable},
		{"an expression", `"Add."`, `"Add ${{ inputs.n }}."`, "/instructions", problem.CodeNotConstant},
		{"a computed bound", `"max_turns": 3`, `"max_turns": "${{ 3 }}"`, "/max_turns", problem.CodeNotConstant},
		{"another variable in a tool", `args.a + 1`, `inputs.a`, "/tools/0/value", problem.CodeExpression},
		{"an unknown agent as tool", `"tools": [`, `"tools": [{"type": "agent", "name": "x", "agent": "agt_9", "version": 1}, `, "/tools/0/version", problem.CodeUnknownVersion},
		{"an agent as tool that is away", `"tools": [`, `"tools": [{"type": "agent", "name": "x", "agent": "agt_broken", "version": 1}, `, "/tools/0/agent", problem.CodeUnavailable},
		{"a tool without value", `, "value": "${{ args.a + 1 }}"`, ``, "/tools/0", problem.CodeMissingField},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(published, tt.from, tt.to, 1)
			found := false
			problems := CheckAgent([]byte(changed), catalog())
			for _, p := range problems {
				found = found || p.Pointer == tt.pointer && p.Code == tt.code
			}
			if !found || changed == published {
				t.Errorf("got %v", problems)
			}
		})
	}
	delegating := strings.Replace(published, `"tools": [`, `"tools": [{"type": "agent", "name": "x", "agent": "agt_1", "version": 2}, `, 1)
	if problems := CheckAgent([]byte(delegating), catalog()); problems != nil {
		t.Error(problems)
	}
	if problems := CheckAgent([]byte(`{"name": `), catalog()); len(problems) != 1 || problems[0].Code != problem.CodeInvalidJSON {
		t.Error(problems)
	}
}

func TestAReferenceIsFilled(t *testing.T) {
	g, problems := compile(t, reference(`, "agent": "agt_1", "version": 2`), "", "")
	if problems != nil {
		t.Fatal(problems)
	}
	config, failure := g.Node("g").Resolve(map[string]any{"inputs": map[string]any{"p": "2 and 3"}})
	var got map[string]any
	if failure != nil || json.Unmarshal(config, &got) != nil {
		t.Fatal(failure, string(config))
	}
	tools, err := json.Marshal(got["tools"])
	if err != nil {
		t.Fatal(err)
	}
	if got["prompt"] != "2 and 3" || got["instructions"] != "Add." || got["name"] != nil || got["agent"] != nil || !strings.Contains(string(tools), "${{ args.a + 1 }}") {
		t.Errorf("the config is %s", config)
	}
}

func TestATeamIsFilled(t *testing.T) {
	g, problems := compile(t, crew("supervisor", `, "supervisor": {"provider": "openai", "model": "m", "tools": [{"type": "agent", "name": "x", "agent": "agt_1", "version": 2}]}`), "", "")
	if problems != nil {
		t.Fatal(problems)
	}
	config, failure := g.Node("t").Resolve(map[string]any{"inputs": map[string]any{"p": "2 and 3", "mood": "kind"}})
	if failure != nil {
		t.Fatal(failure)
	}
	var got struct {
		Prompt     string
		Supervisor struct {
			Tools []struct {
				Description string
				Agent       string
				Definition  struct{ Instructions string }
			}
		}
		Members []struct {
			Name, Description, Instructions, Agent string
			Tools                                  []struct{ Value string }
		}
	}
	if err := json.Unmarshal(config, &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Members[0]; a.Name != "a" || a.Description != "adds" || a.Instructions != "Add." || a.Agent != "" || a.Tools[0].Value != "${{ args.a + 1 }}" {
		t.Errorf("a member is %+v", a)
	}
	if x := got.Supervisor.Tools[0]; x.Definition.Instructions != "Add." || x.Description != "adds" || x.Agent != "" {
		t.Errorf("a tool is %+v", x)
	}
	if got.Prompt != "2 and 3" || got.Members[1].Instructions != "Be kind." {
		t.Errorf("the config is %s", config)
	}
}

func TestOperationsAreToolsOfEveryAgent(t *testing.T) {
	g, problems := compile(t, crew("supervisor", `, "supervisor": {"provider": "openai", "model": "m", "tools": [`+tracker+`,
		{"type": "agent", "name": "x", "agent": "agt_tracker", "version": 1}]}`), "", "")
	if problems != nil {
		t.Fatal(problems)
	}
	config, failure := g.Node("t").Resolve(map[string]any{"inputs": map[string]any{"p": "2 and 3", "mood": "kind"}})
	if failure != nil {
		t.Fatal(failure)
	}
	type tool struct {
		Type, Name string
		Definition struct{ Tools []tool }
	}
	var got struct{ Supervisor struct{ Tools []tool } }
	if err := json.Unmarshal(config, &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range append(got.Supervisor.Tools, got.Supervisor.Tools[len(got.Supervisor.Tools)-1].Definition.Tools...) {
		names = append(names, tool.Type+" "+tool.Name)
	}
	if want := []string{"http tracker_list", "http tracker_look", "agent x", "http tracker_list", "http tracker_look"}; !slices.Equal(names, want) {
		t.Errorf("the tools are %q, want %q", names, want)
	}
}

// FuzzCheckAgent checks any agent's document: the same problems each time, and no more than are shown.
func FuzzCheckAgent(f *testing.F) {
	f.Add([]byte(published))
	f.Add([]byte(`{"name": "x", "provider": "openai", "model": "m", "tools": [` + tracker + `]}`))
	f.Add([]byte(`{"name": "x", "provider": "other", "model": "${{ inputs.m }}", "output_schema": {"$ref": "#/x"}, "tools": [{"type": "agent", "name": "a", "agent": "agt_1", "version": 2},
		{"type": "mcp", "name": "m", "server": "mcp_1", "tools": ["a"]}, {"type": "http", "name": "h", "parameters": {"type": "array"}, "url": "${{ args."}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		problems := CheckAgent(data, catalog())
		if len(problems) > problem.Most {
			t.Errorf("%d problems", len(problems))
		}
		if again := CheckAgent(data, catalog()); fmt.Sprint(again) != fmt.Sprint(problems) {
			t.Errorf("once %v, once %v", problems, again)
		}
	})
}
