package main

import "fmt"

// chain is a document of so many nodes, one after the other.
func chain(name string, n int, kind string, config map[string]any) map[string]any {
	nodes, edges := make([]any, 0, n), make([]any, 0, n)
	for i := range n {
		nodes = append(nodes, map[string]any{"id": fmt.Sprintf("n%d", i), "type": kind, "config": config})
		if i > 0 {
			edges = append(edges, map[string]any{"from": fmt.Sprintf("n%d", i-1), "to": fmt.Sprintf("n%d", i)})
		}
	}
	return document(name, nodes, edges)
}

func document(name string, nodes, edges []any) map[string]any {
	if edges == nil {
		edges = []any{}
	}
	return map[string]any{
		"schema": "agentteam/v1", "name": name, "inputs": map[string]any{"type": "object"},
		"nodes": nodes, "edges": edges,
	}
}

// fanOut asks the URL for each of the run's items, at most 100 at once.
func fanOut(url string) map[string]any {
	return document("fan-out", []any{map[string]any{"id": "each", "type": "for_each", "config": map[string]any{
		"items": "${{ inputs.items }}", "max_parallel": 100,
		"body": map[string]any{
			"nodes":  []any{map[string]any{"id": "ask", "type": "http", "config": httpGet(url)}},
			"edges":  []any{},
			"output": "${{ nodes.ask.output.status }}",
		},
	}}}, nil)
}

func httpGet(url string) map[string]any { return map[string]any{"method": "GET", "url": url} }

// compute is a step that makes no call.
func compute() map[string]any { return map[string]any{"value": "${{ 1 + 1 }}"} }
