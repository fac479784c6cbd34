package interpreter

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// memory is a store of results.
type memory struct {
	results map[string]Result
	outputs map[string]json.RawMessage
	reads   int
	broken  bool
}

func newMemory() *memory {
	return &memory{results: map[string]Result{}, outputs: map[string]json.RawMessage{}}
}

func (m *memory) Result(id string) (Result, bool) { r, ok := m.results[id]; return r, ok }

func (m *memory) Output(id string) (json.RawMessage, error) {
	m.reads++
	if m.broken {
		return nil, errors.New("no connection")
	}
	return m.outputs[id], nil
}

// apply records a decision, as the engine does.
func (m *memory) apply(t testing.TB, d Decision) {
	t.Helper()
	for _, a := range d.Actions {
		if _, twice := m.results[a.Node]; twice {
			t.Fatalf("node %s comes twice", a.Node)
		}
		switch a.Kind {
		case Skip:
			m.results[a.Node] = Result{Status: Skipped}
		case Complete:
			m.results[a.Node] = Result{Status: Completed, Port: a.Port}
			m.outputs[a.Node] = a.Output
		case Fail:
			m.results[a.Node] = Result{Status: Failed, Port: a.Port, Failure: a.Failure}
		case Start:
			m.results[a.Node] = Result{Status: Running}
		}
	}
}

func compile(t testing.TB, settings, nodes, edges, outputs string) *graph.Graph {
	t.Helper()
	source := fmt.Sprintf(`{"schema": "agentteam/v1", "name": "x", "settings": {%s}, "nodes": [%s], "edges": [%s], "outputs": {%s}}`, settings, nodes, edges, outputs)
	d, problems := document.Decode([]byte(source))
	if problems != nil {
		t.Fatalf("%s: %v", source, problems)
	}
	g, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes(), Providers: map[string]string{"openai": ""}})
	if problems != nil {
		t.Fatalf("%s: %v", source, problems)
	}
	return g
}

// show writes a decision in one line.
func show(d Decision) string {
	var list []string
	for _, a := range d.Actions {
		text := string(a.Kind) + " " + a.Node
		if a.Port != "" {
			text += "." + a.Port
		}
		switch {
		case a.Failure != nil:
			text += "=" + a.Failure.Code
		case a.Kind == Complete:
			text += "=" + string(a.Output)
		case a.Kind == Start:
			text += strings.ReplaceAll(string(a.Config), `"`, "")
		}
		list = append(list, text)
	}
	if d.More {
		list = append(list, "more")
	}
	if o := d.Outcome; o != nil {
		text := string(o.Status) + string(o.Output)
		if o.Failure != nil {
			text += " " + o.Failure.Step + "=" + o.Failure.Code
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

func pureNode(id, value, more string) string {
	return fmt.Sprintf(`{"id": %q, "type": "transform", "config": {"value": %s}%s}`, id, value, more)
}

func waitNode(id, more string) string {
	return fmt.Sprintf(`{"id": %q, "type": "wait", "config": {"duration":"1s"}%s}`, id, more)
}

func TestAdvance(t *testing.T) {
	done := func(output string) Result { return Result{Status: Completed, Port: output} }
	failed := Result{Status: Failed, Failure: node.Fail(node.CodeTimeout, "late")}
	tests := []struct {
		name, settings, nodes, edges, outputs string
		recorded                              map[string]Result
		want                                  string
	}{
		{"a chain of pure nodes", "", pureNode("a", "1", "") + "," + pureNode("b", `"${{ nodes.a.output + 1 }}"`, ""), `{"from": "a", "to": "b"}`, `"r": "${{ nodes.b.output }}"`, nil,
			`complete a=1; complete b=2; completed{"r":2}`},
		{"if", "", `{"id": "i", "type": "if", "config": {"condition": "${{ inputs.n > 2 }}"}},` + pureNode("y", "1", "") + "," + pureNode("z", "2", "") + "," +
			pureNode("after", `"${{ [nodes.y.output, nodes.z.output, nodes.z.status] }}"`, ""),
			`{"from": "i.true", "to": "y"}, {"from": "i.false", "to": "z"}, {"from": "y", "to": "after"}, {"from": "z", "to": "after"}`, "", nil,
			`complete i.true=true; complete y=1; skip z; complete after=[1,null,"skipped"]; completed{}`},
		{"skips propagate", "", `{"id": "i", "type": "if", "config": {"condition": false}},` + pureNode("y", "1", "") + "," + pureNode("z", "2", ""),
			`{"from": "i.true", "to": "y"}, {"from": "y", "to": "z"}`, "", nil,
			`complete i.false=false; skip y; skip z; completed{}`},
		{"switch", "", `{"id": "s", "type": "switch", "config": {"value": "${{ inputs.n }}", "cases": [{"equals": 1, "port": "one"}, {"equals": 3.0, "port": "three"}]}},` +
			pureNode("a", "1", "") + "," + pureNode("b", "2", ""),
			`{"from": "s.three", "to": "a"}, {"from": "s.default", "to": "b"}`, "", nil, `complete s.three=3; complete a=1; skip b; completed{}`},
		{"switch's default", "", `{"id": "s", "type": "switch", "config": {"value": "x", "cases": [{"equals": 1, "port": "one"}]}}`, "", "", nil, `complete s.default="x"; completed{}`},
		{"when", "", pureNode("a", "1", `, "when": "${{ inputs.n == 0 }}"`) + "," + pureNode("b", "2", `, "when": "${{ inputs.n == 3 }}"`), "", "", nil, `skip a; complete b=2; completed{}`},
		{"when fails", "", pureNode("a", "1", `, "when": "${{ inputs.nope }}"`), "", "", nil, `fail a=expression; failed a=expression`},
		{"when gives no truth", "", pureNode("a", "1", `, "when": "${{ inputs.n }}"`), "", "", nil, `fail a=expression; failed a=expression`},
		{"template", "", `{"id": "t", "type": "template", "config": {"template": "n is ${{ inputs.n }}"}}`, "", "", nil, `complete t="n is 3"; completed{}`},
		{"fail", "", `{"id": "f", "type": "fail", "config": {"message": "no ${{ inputs.n }}", "code": "no_luck"}}`, "", "", nil, `fail f=no_luck; failed f=no_luck`},
		{"starts resolve", "", `{"id": "h", "type": "http", "config": {"url": "https://x/${{ inputs.n }}", "body": {"n": "${{ inputs.n }}"}}}`, "", "", nil, `start h{url:https://x/3,body:{n:3}}`},
		{"texts stay texts", "", `{"id": "t", "type": "template", "config": {"template": "${{ inputs.n }}"}},{"id": "u", "type": "template", "config": {"template": "${{ [inputs.n] }}"}}`, "", "",
			nil, `complete t="3"; complete u="[3]"; completed{}`},
		{"a resolved config out of bounds", "", `{"id": "h", "type": "http", "config": {"url": "${{ inputs.n }}"}}`, "", "", nil, `fail h=invalid_input; failed h=invalid_input`},
		{"a loop's body is not resolved", "",
			`{"id": "l", "type": "for_each", "config": {"items": "${{ [inputs.n] }}", "with": {"m": "${{ inputs.n }}"}, "body": {"nodes": [` + pureNode("x", `"${{ item }}"`, "") + `]}}}`, "", "", nil,
			`start l{items:[3],with:{m:3},body:{nodes: [{id: x, type: transform, config: {value: ${{ item }}}}]}}`},
		{"tools keep what uses args", "",
			`{"id": "g", "type": "agent", "config": {"provider": "openai", "model": "m", "prompt": "${{ inputs.n }}",
				"tools": [{"type": "function", "name": "t", "value": "${{ args.x }}-${{ inputs.n }}"}]}}`, "", "", nil,
			`start g{provider:openai,model:m,prompt:3,tools:[{type:function,name:t,value:${{ args.x }}-3}]}`},
		{"waits for what runs", "", waitNode("a", "") + "," + pureNode("b", "1", ""), `{"from": "a", "to": "b"}`, "", map[string]Result{"a": {Status: Waiting}}, ``},
		{"goes on", "", waitNode("a", "") + "," + pureNode("b", `"${{ nodes.a.status }}"`, ""), `{"from": "a", "to": "b"}`, "", map[string]Result{"a": done("")}, `complete b="completed"; completed{}`},
		{"stop", "", waitNode("a", "") + "," + waitNode("b", "") + "," + pureNode("c", "1", ""), `{"from": "a", "to": "c"}`, "", map[string]Result{"a": failed}, `failed a=timeout`},
		{"stop leaves what runs", "", waitNode("a", "") + "," + waitNode("b", ""), ``, "", map[string]Result{"a": failed, "b": {Status: Running}}, `failed a=timeout`},
		{"a failure starts nothing", "", waitNode("a", "") + `,{"id": "f", "type": "fail", "config": {"message": "m"}},` + waitNode("b", ""), ``, "", nil, `fail f=failed; failed f=failed`},
		{"continue", "", waitNode("a", `, "on_error": "continue"`) + "," + pureNode("b", `"${{ [nodes.a.output, nodes.a.status, nodes.a.error.code] }}"`, ""), `{"from": "a", "to": "b"}`, "",
			map[string]Result{"a": failed},
			`complete b=[null,"failed","timeout"]; completed{}`},
		{"continue for all", `"on_error": "continue"`, waitNode("a", "") + "," + pureNode("b", `1`, ""), `{"from": "a", "to": "b"}`, "", map[string]Result{"a": failed}, `complete b=1; completed{}`},
		{"continue takes no port", "",
			`{"id": "ok", "type": "approval", "on_error": "continue", "config": {"title": "t"}},` + pureNode("y", "1", "") + "," + pureNode("n", "2", "") + "," + pureNode("z", "3", ""),
			`{"from": "ok.approved", "to": "y"}, {"from": "ok.rejected", "to": "n"}, {"from": "ok", "to": "z"}`, "", map[string]Result{"ok": failed}, `skip y; skip n; complete z=3; completed{}`},
		{"route", "", waitNode("a", `, "on_error": "route"`) + "," + pureNode("b", "1", "") + "," + pureNode("c", `"${{ nodes.a.error.message }}"`, ""),
			`{"from": "a", "to": "b"}, {"from": "a.error", "to": "c"}`, "", map[string]Result{"a": failed},
			`skip b; complete c="late"; completed{}`},
		{"route not taken", "", waitNode("a", `, "on_error": "route"`) + "," + pureNode("b", "1", "") + "," + pureNode("c", "2", ""), `{"from": "a", "to": "b"}, {"from": "a.error", "to": "c"}`,
			"", map[string]Result{"a": done("")},
			`complete b=1; skip c; completed{}`},
		{"route of a pure node", "", `{"id": "f", "type": "fail", "on_error": "route", "config": {"message": "m"}},` + pureNode("c", `1`, ""), `{"from": "f.error", "to": "c"}`, "", nil,
			`fail f.error=failed; complete c=1; completed{}`},
		{"join waits for all", "", waitNode("a", "") + "," + waitNode("b", "") + `,{"id": "j", "type": "join"}`, `{"from": "a", "to": "j"}, {"from": "b", "to": "j"}`, "",
			map[string]Result{"a": done(""), "b": {Status: Running}}, ``},
		{"join all", "", pureNode("a", "1", "") + "," + pureNode("b", "2", `, "when": "${{ false }}"`) + `,{"id": "j", "type": "join"}`, `{"from": "a", "to": "j"}, {"from": "b", "to": "j"}`, "",
			nil, `complete a=1; skip b; complete j={"a":1}; completed{}`},
		{"join any", "", pureNode("a", "1", "") + "," + waitNode("b", "") + `,{"id": "j", "type": "join", "config": {"mode": "any"}}`, `{"from": "a", "to": "j"}, {"from": "b", "to": "j"}`, "",
			map[string]Result{"b": {Status: Running}}, `complete a=1; complete j={"a":1}`},
		{"join n", "", pureNode("a", "1", "") + "," + pureNode("b", "2", "") + "," + waitNode("c", "") + `,{"id": "j", "type": "join", "config": {"mode": "n", "n": 2}}`,
			`{"from": "a", "to": "j"}, {"from": "b", "to": "j"}, {"from": "c", "to": "j"}`, "",
			map[string]Result{"c": {Status: Running}}, `complete a=1; complete b=2; complete j={"a":1,"b":2}`},
		{"join n not reached", "", pureNode("a", "1", "") + "," + pureNode("b", "2", `, "when": "${{ false }}"`) + `,{"id": "j", "type": "join", "config": {"mode": "n", "n": 2}}`,
			`{"from": "a", "to": "j"}, {"from": "b", "to": "j"}`, "", nil,
			`complete a=1; skip b; skip j; completed{}`},
		{"max_parallel", `"max_parallel": 2`, waitNode("a", "") + "," + waitNode("b", "") + "," + waitNode("c", "") + "," + pureNode("d", "1", ""), "", "",
			map[string]Result{"a": {Status: Waiting}}, `start b{duration:1s}; complete d=1`},
		{"outputs fail", "", pureNode("a", `{"x":1}`, ""), "", `"r": "${{ nodes.a.output.y }}"`, nil, `complete a={"x":1}; failed =expression`},
		{"a canceled step", "", waitNode("a", ""), "", "", map[string]Result{"a": {Status: Canceled}}, `failed a=internal`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := compile(t, tt.settings, tt.nodes, tt.edges, tt.outputs)
			m := newMemory()
			maps.Copy(m.results, tt.recorded)
			d, err := Advance(g, Variables{Inputs: json.RawMessage(`{"n": 3}`)}, m, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(d); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAdvanceInALoop(t *testing.T) {
	g := compile(t, "", `{"id": "l", "type": "for_each", "config": {"items": [1], "with": {"m": 1}, "body": {"nodes": [`+pureNode("x", `"${{ [item.a, index, with.m, run.id] }}"`,
		"")+`], "output": "${{ nodes.x.output }}"}}}`, "", "")
	v := Variables{Item: json.RawMessage(`{"a": 5}`), Index: 2, With: json.RawMessage(`{"m": "w"}`), Run: RunInfo{ID: "run_1"}}
	d, err := Advance(g.Node("l").Body, v, newMemory(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(d), `complete x=[5,2,"w","run_1"]; completed[5,2,"w","run_1"]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAdvanceInSlices(t *testing.T) {
	g := compile(t, "", chain(50), chainEdges(50), `"r": "${{ nodes.n49.output }}"`)
	m := newMemory()
	slices := 0
	for {
		d, err := Advance(g, Variables{}, m, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Actions) > 7 || d.More == (d.Outcome != nil) {
			t.Fatalf("got %s", show(d))
		}
		m.apply(t, d)
		slices++
		if !d.More {
			if got := string(d.Outcome.Output); got != `{"r":49}` {
				t.Errorf("got %s", got)
			}
			break
		}
	}
	if slices != 8 {
		t.Errorf("it took %d slices", slices)
	}
}

func TestAdvanceReadsOnlyWhatIsUsed(t *testing.T) {
	g := compile(t, "", waitNode("a", "")+","+waitNode("b", "")+","+pureNode("c", `"${{ nodes.a.status }} ${{ nodes.b.output }}"`, "")+","+pureNode("d", `"${{ nodes.b.output }}"`, ""),
		`{"from": "a", "to": "c"}, {"from": "b", "to": "c"}, {"from": "b", "to": "d"}`, "")
	m := newMemory()
	m.results["a"], m.results["b"] = Result{Status: Completed}, Result{Status: Completed}
	if _, err := Advance(g, Variables{}, m, 0); err != nil || m.reads != 1 {
		t.Errorf("%d outputs were read, want 1; %v", m.reads, err)
	}
	m.broken = true
	if _, err := Advance(g, Variables{}, m, 0); err == nil || !strings.Contains(err.Error(), "output of step b: no connection") {
		t.Errorf("got %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	tests := []struct{ node, want string }{
		{pureNode("a", `"${{ inputs.x + nodes.other.output.y + item }}"`, ""), "complete a=6"},
		{`{"id": "i", "type": "if", "config": {"condition": "${{ index == 0 }}"}}`, "complete i.true=true"},
		{waitNode("w", ""), "start w{duration:1s}"},
		{pureNode("a", `"${{ nodes.z.output }}"`, ""), "fail a=expression"},
		{pureNode("a", "1", `, "when": "${{ false }}"`), "skip a"},
	}
	for _, tt := range tests {
		spec, problems := document.DecodeNode([]byte(tt.node))
		if problems != nil {
			t.Fatal(problems)
		}
		n, problems := graph.CompileNode(*spec, graph.Catalog{Types: graph.DefaultTypes()})
		if problems != nil {
			t.Fatal(problems)
		}
		got := Evaluate(n, map[string]json.RawMessage{"inputs": json.RawMessage(`{"x":1}`), "nodes": json.RawMessage(`{"other": {"output": {"y": 2}}}`), "item": json.RawMessage("3"),
			"index": json.RawMessage("0")})
		if text := show(Decision{Actions: []Action{got}}); text != tt.want {
			t.Errorf("got %s, want %s", text, tt.want)
		}
	}
}

func chain(n int) string {
	nodes := []string{pureNode("n0", "0", "")}
	for i := 1; i < n; i++ {
		nodes = append(nodes, pureNode(fmt.Sprintf("n%d", i), fmt.Sprintf(`"${{ nodes.n%d.output + 1 }}"`, i-1), ""))
	}
	return strings.Join(nodes, ",")
}

func chainEdges(n int) string {
	var edges []string
	for i := 1; i < n; i++ {
		edges = append(edges, fmt.Sprintf(`{"from": "n%d", "to": "n%d"}`, i-1, i))
	}
	return strings.Join(edges, ",")
}

func BenchmarkAdvance(b *testing.B) {
	g := compile(b, "", chain(document.MaxNodes), chainEdges(document.MaxNodes), `"r": "${{ nodes.n499.output }}"`)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := Advance(g, Variables{}, newMemory(), 0); err != nil || d.Outcome == nil {
			b.Fatal(show(d), err)
		}
	}
}

func BenchmarkAdvanceNothingNew(b *testing.B) {
	g := compile(b, "", chain(document.MaxNodes), chainEdges(document.MaxNodes), "")
	m := newMemory()
	for _, n := range g.Nodes[:document.MaxNodes-1] {
		m.results[n.ID] = Result{Status: Completed}
	}
	m.results["n499"] = Result{Status: Running}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Advance(g, Variables{}, m, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAdvanceAllocatesInProportion(t *testing.T) {
	g := compile(t, "", chain(document.MaxNodes), chainEdges(document.MaxNodes), "")
	const most = 100 * document.MaxNodes
	if allocations := testing.AllocsPerRun(2, func() {
		if d, err := Advance(g, Variables{}, newMemory(), 0); err != nil || len(d.Actions) != document.MaxNodes {
			t.Fatal(show(d), err)
		}
	}); allocations > most {
		t.Errorf("%.0f allocations for %d nodes, at most %d are bearable", allocations, document.MaxNodes, most)
	}
}
