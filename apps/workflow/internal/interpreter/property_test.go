package interpreter

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// seeded gives the same numbers for the same seeds, so that a failure can be looked at.
func seeded(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) } //nolint:gosec // not for secrets

// random makes an acyclic document that ends without a stop: its nodes continue or route.
func random(r *rand.Rand, size int) (nodes, edges string) {
	var list, links []string
	for i := range size {
		id := fmt.Sprintf("n%d", i)
		onError := []string{"continue", "route"}[r.IntN(2)]
		more := fmt.Sprintf(`, "on_error": %q`, onError)
		if r.IntN(5) == 0 {
			more += fmt.Sprintf(`, "when": "${{ %t }}"`, r.IntN(2) == 0)
		}
		kind := []string{"transform", "if", "switch", "join", "wait", "approval", "fail"}[r.IntN(7)]
		config := map[string]string{
			"transform": `{"value": "${{ inputs.n }}"}`, "if": fmt.Sprintf(`{"condition": %t}`, r.IntN(2) == 0), "switch": `{"value": 1, "cases": [{"equals": 1, "port": "one"}]}`,
			"join": []string{`{}`, `{"mode": "any"}`}[r.IntN(2)], "wait": `{"duration": "1s"}`, "approval": `{"title": "t"}`, "fail": `{"message": "m"}`,
		}[kind]
		list = append(list, fmt.Sprintf(`{"id": %q, "type": %q, "config": %s%s}`, id, kind, config, more))
		ports := map[string][]string{"if": {"", ".true", ".false"}, "switch": {"", ".one", ".default"}, "approval": {"", ".approved", ".rejected"}}[kind]
		ports = append(ports, "")
		if onError == "route" {
			ports = append(ports, ".error")
		}
		for j := i + 1; j < size; j++ {
			if r.IntN(size) < 3 {
				links = append(links, fmt.Sprintf(`{"from": "%s%s", "to": "n%d"}`, id, ports[r.IntN(len(ports))], j))
			}
		}
	}
	return strings.Join(list, ","), strings.Join(links, ",")
}

// result is what a node that is started gives: the same in every order of recording.
func result(n *graph.Node, seed uint64) Result {
	r := seeded(seed, uint64(max(n.Position, 0)))
	switch {
	case r.IntN(4) == 0:
		return Result{Status: Failed, Failure: node.Fail(node.CodeTimeout, "late")}
	case n.Type == "approval":
		return Result{Status: Completed, Port: []string{"approved", "rejected"}[r.IntN(2)]}
	default:
		return Result{Status: Completed}
	}
}

// run interprets a graph to its end, with results recorded in an order of the seed's choice.
func run(t *testing.T, g *graph.Graph, results, order uint64, limit int) map[string]Result {
	t.Helper()
	r := seeded(order, 1)
	m := newMemory()
	var open []*graph.Node
	for range 10 * len(g.Nodes) {
		d, err := Advance(g, Variables{Inputs: json.RawMessage(`{"n": 1}`)}, m, limit)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := Advance(g, Variables{Inputs: json.RawMessage(`{"n": 1}`)}, m, limit); show(again) != show(d) {
			t.Fatalf("once %s, once %s", show(d), show(again))
		}
		m.apply(t, d)
		for _, a := range d.Actions {
			if a.Kind == Start {
				open = append(open, g.Node(a.Node))
			}
		}
		if len(open) > g.MaxParallel {
			t.Fatalf("%d steps are in flight", len(open))
		}
		if d.Outcome != nil {
			if d.Outcome.Status != Completed || len(open) > 0 || len(m.results) != len(g.Nodes) {
				t.Fatalf("it ended %s with %d open and %d of %d results", show(d), len(open), len(m.results), len(g.Nodes))
			}
			return m.results
		}
		if d.More {
			continue
		}
		if len(open) == 0 {
			t.Fatalf("nothing is open, and it does not end: %s", show(d))
		}
		i := r.IntN(len(open))
		m.results[open[i].ID], m.outputs[open[i].ID] = result(open[i], results), json.RawMessage("1")
		open = append(open[:i], open[i+1:]...)
	}
	t.Fatal("it does not end")
	return nil
}

func statuses(g *graph.Graph, results map[string]Result) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "%s:%s.%s ", n.ID, results[n.ID].Status, results[n.ID].Port)
	}
	return b.String()
}

func TestEveryOrderGivesTheSameStatuses(t *testing.T) {
	for seed := range uint64(60) {
		r := seeded(seed, 0)
		nodes, edges := random(r, 2+r.IntN(25))
		g := compile(t, fmt.Sprintf(`"max_parallel": %d`, 1+r.IntN(4)), nodes, edges, "")
		want := statuses(g, run(t, g, seed, 0, 0))
		for order := uint64(1); order < 6; order++ {
			got := statuses(g, run(t, g, seed, order, int(order)-1))
			// A failed node's port is the engine's to record, and the same each time.
			if got != want {
				t.Fatalf("document %s %s\norder 0: %s\norder %d: %s", nodes, edges, want, order, got)
			}
		}
	}
}

func FuzzAdvance(f *testing.F) {
	f.Add([]byte(`{"schema": "agentteam/v1", "name": "x", "nodes": [`+pureNode("a", "1", "")+","+waitNode("b", "")+`], "edges": [{"from": "a", "to": "b"}]}`), []byte{0, 1, 2})
	f.Add([]byte(`{"schema": "agentteam/v1", "name": "x", "outputs": {"o": "${{ nodes.j.output }}"}, "nodes": [`+waitNode("a", `, "on_error": "route"`)+","+waitNode("b",
		"")+`,{"id": "j", "type": "join", "config": {"mode": "any"}}], "edges": [{"from": "a.error", "to": "j"}, {"from": "b", "to": "j"}]}`), []byte{3, 9, 4})
	f.Add([]byte(`{"schema": "agentteam/v1", "name": "x", "nodes": [{"id": "s", "type": "switch", "config": {"value": "${{ inputs.n }}", "cases": [{"equals": null, "port": "p"}]}}]}`), []byte{})
	f.Fuzz(func(t *testing.T, data, choices []byte) {
		d, problems := document.Decode(data)
		if problems != nil {
			return
		}
		g, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes(), Providers: map[string]string{"openai": ""}})
		if problems != nil {
			return
		}
		m := newMemory()
		for range 3*len(g.Nodes) + 3 {
			decision, err := Advance(g, Variables{}, m, 5)
			if err != nil {
				t.Fatal(err)
			}
			m.apply(t, decision)
			if decision.Outcome != nil {
				return
			}
			if decision.More {
				continue
			}
			open := ""
			for _, n := range g.Nodes {
				if m.results[n.ID].Status == Running {
					open = n.ID
				}
			}
			if open == "" {
				t.Fatalf("%s does not end: %v", data, m.results)
			}
			choice := byte(0)
			if len(choices) > 0 {
				choice, choices = choices[0], choices[1:]
			}
			m.outputs[open] = json.RawMessage("null")
			m.results[open] = Result{Status: []Status{Completed, Failed, Skipped}[choice%3], Port: []string{"", "approved", "error"}[choice/3%3]}
		}
		t.Fatalf("%s does not end", data)
	})
}
