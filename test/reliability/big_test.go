//go:build live

package reliability_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mostMemory is how much of the engine may ever be resident, whatever it carries out.
const mostMemory = 200 << 20

// TestBigRuns carries out the largest things that a document can ask for, on one engine.
func TestBigRuns(t *testing.T) {
	w, engines, _ := start(t, 1, 1)
	idle := peakMemory(t, engines[0])
	for _, big := range []struct {
		name, document string
		outputs        map[string]any
		steps          int
	}{
		{"a loop of 10,000 iterations", longLoop, map[string]any{"count": 10_000.0, "last": 19_998.0}, 10_001},
		{"500 nodes in a row", chain(500), map[string]any{"last": 499.0}, 500},
		{"498 nodes at once", fan(498), map[string]any{"all": 498.0}, 500},
	} {
		began := time.Now()
		run := w.client.run(w.client.publish(big.document), map[string]any{})
		recorded := w.settle(expected{run: nil}, 2*time.Minute)
		h := recorded[run]
		for _, fault := range h.faults(big.outputs) {
			t.Errorf("%s, run %s: %s", big.name, run, fault)
		}
		if len(h.steps) != big.steps {
			t.Errorf("%s, run %s has %d steps, want %d", big.name, run, len(h.steps), big.steps)
		}
		t.Logf("%s: %.1f s, %d events, peak memory of the engine %d MiB (idle %d)", big.name, time.Since(began).Seconds(), len(h.events), peakMemory(t, engines[0])>>20, idle>>20)
	}
	if peak := peakMemory(t, engines[0]); peak > mostMemory {
		t.Errorf("the engine had up to %d MiB resident, at most %d are right", peak>>20, mostMemory>>20)
	}
}

const longLoop = `{
  "schema": "agentteam/v1", "name": "Long loop",
  "outputs": {"count": "${{ nodes.each.output.size() }}", "last": "${{ nodes.each.output[9999] }}"},
  "nodes": [{"id": "each", "type": "for_each", "config": {"items": "${{ lists.range(10000) }}", "max_parallel": 100, "body": {
    "nodes": [{"id": "twice", "type": "transform", "config": {"value": "${{ item * 2 }}"}}], "edges": [], "output": "${{ nodes.twice.output }}"}}}],
  "edges": []
}`

type (
	object = map[string]any
	list   = []any
)

// chain is a document of so many nodes, each of which adds one to the one before.
func chain(length int) string {
	nodes, edges := list{object{"id": "n0", "type": "transform", "config": object{"value": 0}}}, list{}
	for i := 1; i < length; i++ {
		before := fmt.Sprintf("n%d", i-1)
		nodes = append(nodes, object{"id": fmt.Sprintf("n%d", i), "type": "transform", "config": object{"value": "${{ nodes." + before + ".output + 1 }}"}})
		edges = append(edges, object{"from": before, "to": fmt.Sprintf("n%d", i)})
	}
	return document("Chain", nodes, edges, object{"last": fmt.Sprintf("${{ nodes.n%d.output }}", length-1)})
}

// fan is a document in which so many nodes follow one, and one follows them all.
func fan(width int) string {
	nodes := list{object{"id": "first", "type": "transform", "config": object{"value": 1}}, object{"id": "all", "type": "join"}}
	edges := list{}
	for i := range width {
		id := fmt.Sprintf("n%d", i)
		nodes = append(nodes, object{"id": id, "type": "transform", "config": object{"value": "${{ nodes.first.output }}"}})
		edges = append(edges, object{"from": "first", "to": id}, object{"from": id, "to": "all"})
	}
	return document("Fan", nodes, edges, object{"all": "${{ nodes.all.output.size() }}"})
}

func document(name string, nodes, edges list, outputs object) string {
	text, err := json.Marshal(object{"schema": "agentteam/v1", "name": name, "nodes": nodes, "edges": edges, "outputs": outputs, "settings": object{"max_parallel": 100}})
	if err != nil {
		panic(err) // strings, numbers, lists and maps
	}
	return string(text)
}

// peakMemory is the most that the process has ever had resident, in bytes; 0 where the system does not tell.
func peakMemory(t *testing.T, m *member) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	if err != nil {
		t.Logf("the memory of %s is unknown: %v", m.name, err)
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	return 0
}
