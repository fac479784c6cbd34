package document

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// reader takes a document out of its tree. It also reads trees of the wrong shape, as far as they go, so
// that everything that is wrong is reported at once.
type reader struct {
	problems []Problem
	nodes    int
	edges    int
}

func (r *reader) problemf(pointer, code, format string, arguments ...any) {
	r.problems = append(r.problems, problem.Format(pointer, code, format, arguments...))
}

func (r *reader) document(tree *jsontree.Value) *Document {
	d := &Document{
		Schema:      text(tree.Get("schema")),
		Name:        text(tree.Get("name")),
		Description: text(tree.Get("description")),
		Inputs:      raw(tree.Get("inputs")),
		Outputs:     raw(tree.Get("outputs")),
		Settings:    r.settings(tree.Get("settings")),
		UI:          raw(tree.Get("ui")),
	}
	d.Nodes = r.nodesOf(tree.Get("nodes"), "/nodes")
	d.Edges = r.edgesOf(tree.Get("edges"), "/edges")
	if r.nodes > MaxNodes {
		r.problemf("/nodes", problem.CodeOutOfRange, "the document has %d nodes, those in loops included; at most %d are allowed: move some into a sub-workflow", r.nodes, MaxNodes)
	}
	if r.edges > MaxEdges {
		r.problemf("/edges", problem.CodeOutOfRange, "the document has %d edges, those in loops included; at most %d are allowed", r.edges, MaxEdges)
	}
	return d
}

func (r *reader) settings(tree *jsontree.Value) Settings {
	s := Settings{Timeout: duration(tree.Get("timeout"), 0), MaxParallel: 10, OnError: Stop}
	if s.Timeout > 0 && s.Timeout < time.Second {
		r.problemf("/settings/timeout", problem.CodeOutOfRange, "a run's timeout of %s is too short: it has to be from 1s to 8760h", s.Timeout)
	}
	if v := tree.Get("max_parallel"); v != nil {
		s.MaxParallel = int(integer(v))
	}
	if v := text(tree.Get("on_error")); v != "" {
		s.OnError = OnError(v)
	}
	budget := tree.Get("budget")
	s.Budget = Budget{
		CostMicroUSD: int64(math.Round(number(budget.Get("usd"), 0) * 1e6)),
		Tokens:       integer(budget.Get("tokens")),
		Steps:        integer(budget.Get("steps")),
		ToolCalls:    integer(budget.Get("tool_calls")),
	}
	return s
}

func (r *reader) nodesOf(tree *jsontree.Value, pointer string) []Node {
	if tree == nil {
		return nil
	}
	nodes := make([]Node, 0, len(tree.Items))
	first := map[string]string{}
	for i, item := range tree.Items {
		at := problem.Join(pointer, i)
		n := r.node(item, at)
		if other, twice := first[n.ID]; twice && n.ID != "" {
			r.problemf(at+"/id", problem.CodeDuplicateID, "the id %s is that of the node at %s too: give one of them another", n.ID, other)
		} else {
			first[n.ID] = at
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func (r *reader) node(tree *jsontree.Value, pointer string) Node {
	r.nodes++
	n := Node{
		ID:      text(tree.Get("id")),
		Type:    text(tree.Get("type")),
		Name:    text(tree.Get("name")),
		Config:  raw(tree.Get("config")),
		When:    text(tree.Get("when")),
		Retry:   retry(tree.Get("retry")),
		Timeout: duration(tree.Get("timeout"), 0),
		OnError: OnError(text(tree.Get("on_error"))),
		Pointer: pointer,
	}
	if n.Config == nil {
		n.Config = json.RawMessage("{}")
	}
	if n.Retry.Max < n.Retry.Initial {
		r.problemf(pointer+"/retry/max", problem.CodeOutOfRange, "the longest pause, %s, is shorter than the first, %s", n.Retry.Max, n.Retry.Initial)
	}
	if body := tree.Get("config").Get("body"); n.Type == "for_each" && body != nil {
		at := pointer + "/config/body"
		n.Body = &Body{Output: raw(body.Get("output")), Pointer: at}
		n.Body.Nodes = r.nodesOf(body.Get("nodes"), at+"/nodes")
		n.Body.Edges = r.edgesOf(body.Get("edges"), at+"/edges")
	}
	return n
}

func (r *reader) edgesOf(tree *jsontree.Value, pointer string) []Edge {
	if tree == nil {
		return nil
	}
	edges := make([]Edge, 0, len(tree.Items))
	for i, item := range tree.Items {
		from, port, _ := strings.Cut(text(item.Get("from")), ".")
		edges = append(edges, Edge{From: from, Port: port, To: text(item.Get("to")), Pointer: problem.Join(pointer, i)})
	}
	r.edges += len(edges)
	return edges
}

func retry(tree *jsontree.Value) Retry {
	r := Retry{MaxAttempts: 1, Initial: duration(tree.Get("initial"), time.Second), Multiplier: number(tree.Get("multiplier"), 2)}
	r.Max = duration(tree.Get("max"), max(time.Minute, r.Initial))
	if v := tree.Get("max_attempts"); v != nil {
		r.MaxAttempts = int(integer(v))
	}
	if codes := tree.Get("non_retryable"); codes != nil {
		for _, code := range codes.Items {
			r.NonRetryable = append(r.NonRetryable, code.Text)
		}
	}
	return r
}

func raw(tree *jsontree.Value) json.RawMessage {
	if tree == nil {
		return nil
	}
	return tree.Raw
}

func text(tree *jsontree.Value) string {
	if tree == nil {
		return ""
	}
	return tree.Text
}

// number is 0 for what is no number: the shape's check has reported it.
func number(tree *jsontree.Value, otherwise float64) float64 {
	if tree == nil || tree.Kind != jsontree.Number {
		return otherwise
	}
	var f float64
	if json.Unmarshal(tree.Raw, &f) != nil {
		return otherwise
	}
	return f
}

func integer(tree *jsontree.Value) int64 {
	return int64(max(-math.MaxInt32, min(number(tree, 0), 1e15)))
}

func duration(tree *jsontree.Value, otherwise time.Duration) time.Duration {
	d, err := time.ParseDuration(text(tree))
	if err != nil {
		return otherwise
	}
	return d
}
