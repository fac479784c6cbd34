package ledger_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// each is a loop over inputs.list whose body is the given nodes.
func each(body, output, more string) string {
	return `{"id": "each", "type": "for_each", "config": {"items": "${{ inputs.list }}", "with": {"base": "${{ inputs.base }}"},
  "body": {"nodes": [` + body + `], "edges": [], "output": ` + output + `}` + more + `}}`
}

const visit = `{"id": "visit", "type": "http", "config": {"method": "GET", "url": "https://example.com/${{ item }}"}}`

func numbers(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strconv.Itoa(i)
	}
	return `{"base": 100, "list": [` + strings.Join(parts, ",") + `]}`
}

func TestLoopsOpenAsManyIterationsAsAllowed(t *testing.T) {
	t.Parallel()
	w := start(t, numbers(200), flow(each(visit, `"${{ nodes.visit.output.step }}"`, `, "max_parallel": 7`), ``, `"outputs": {"last": "${{ nodes.each.output[199] }}"}`))
	most := 0
	w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
		most = max(most, get[int](w, `SELECT count(*) FROM steps WHERE run_id = $1 AND status = 'running'`, w.run))
		return ledger.Move{End: true, Output: json.RawMessage(fmt.Sprintf(`{"step": %q}`, task.Path))}
	}
	if len(w.ready) != 7 {
		t.Errorf("%d iterations are open, want 7", len(w.ready))
	}
	w.work()
	w.expect("completed")
	if most != 7 {
		t.Errorf("%d steps at once, want 7", most)
	}
	if got := w.outputs(); got != `{"last":"each[199]/visit"}` {
		t.Errorf("outputs %s", got)
	}
}

func TestLoopsWithoutItems(t *testing.T) {
	t.Parallel()
	w := start(t, numbers(0), flow(each(visit, `null`, ``), ``, `"outputs": {"list": "${{ nodes.each.output }}"}`))
	w.expect("completed")
	if got := w.outputs(); got != `{"list":[]}` {
		t.Errorf("outputs %s", got)
	}
	w = start(t, `{"base": 1, "list": 7}`, flow(each(visit, `null`, ``), ``))
	w.expect("failed")
}

func TestItemsThatFail(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct{ status, output string }{
		"stop":     {"failed", ""},
		"continue": {"completed", `["each[0]/visit",null,"each[2]/visit","each[3]/visit"]`},
	} {
		w := start(t, numbers(4), flow(each(visit, `"${{ nodes.visit.output.step }}"`, `, "max_parallel": 2, "on_item_error": "`+policy+`"`), ``))
		w.perform = func(task ledger.Task, _ json.RawMessage) ledger.Move {
			m := ledger.Move{End: true, Output: json.RawMessage(fmt.Sprintf(`{"step": %q}`, task.Path))}
			if task.Path == "each[1]/visit" {
				m.Failure = node.Fail(node.CodeHTTPStatus, "404")
			}
			return m
		}
		w.work()
		w.expect(want.status)
		if got := w.output("each"); got != want.output {
			t.Errorf("%s: output %s, want %s", policy, got, want.output)
		}
		if policy == "stop" && w.failure().Step != "each[1]/visit" {
			t.Errorf("failure %+v", w.failure())
		}
	}
}

func TestTenThousandIterations(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	loop := strings.Replace(each(`{"id": "sum", "type": "transform", "config": {"value": "${{ item + with.base }}"}}`,
		`"${{ nodes.sum.output }}"`, `, "max_parallel": 50`), "inputs.list", "lists.range(inputs.n)", 1)
	w := start(t, `{"base": 100, "n": 10000}`, flow(loop, ``,
		`"outputs": {"last": "${{ nodes.each.output[9999] }}"}`))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	transactions := 0
	for ; len(w.ready) > 0; transactions++ {
		task := w.ready[0]
		w.ready = w.ready[1:]
		w.carry(task)
	}
	if after := heap(); after > before+32<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	w.expect("completed")
	if got := w.outputs(); got != `{"last":10099}` {
		t.Errorf("outputs %s", got)
	}
	if transactions < 40 {
		t.Errorf("%d transactions: one did too much", transactions)
	}
}

func TestLoopsWithinLoops(t *testing.T) {
	t.Parallel()
	inner := `{"id": "inner", "type": "for_each", "config": {"items": "${{ [item, item * 10] }}", "with": {"outer": "${{ index }}"},
    "body": {"nodes": [` + visit + `,
      {"id": "sum", "type": "transform", "config": {"value": "${{ item + with.outer }}"}}], "edges": [{"from": "visit", "to": "sum"}], "output": "${{ nodes.sum.output }}"}}}`
	w := start(t, numbers(3), flow(each(inner, `"${{ nodes.inner.output }}"`, ``), ``))
	w.work()
	w.expect("completed")
	if got := w.output("each"); got != `[[0,0],[2,11],[4,22]]` {
		t.Errorf("output %s", got)
	}
	if w.began["each[2]/inner[1]/visit"] != 1 {
		t.Errorf("performed %v", w.began)
	}
}

func TestSubworkflows(t *testing.T) {
	t.Parallel()
	sub := func(of int, more string) string {
		return fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": %q, "version": 1, "inputs": {"n": "${{ inputs.n + 1 }}"}}%s}`, workflowID(of), more)
	}
	leaf := flow(callNode+`,`+passNode, `{"from": "call", "to": "pass"}`, `"outputs": {"n": "${{ nodes.pass.output.n }}", "of": "${{ run.workflow_id }}"}`)
	middle := flow(sub(2, ``), ``, `"outputs": {"n": "${{ nodes.sub.output.n }}"}`)
	w := start(t, `{"n": 1}`, flow(sub(1, ``), ``, `"outputs": {"n": "${{ nodes.sub.output.n }}"}`), middle, leaf)
	w.work()
	w.expect("completed")
	if got := w.outputs(); got != `{"n":3}` {
		t.Errorf("outputs %s", got)
	}
	if w.began["sub/sub/call"] != 1 {
		t.Errorf("performed %v", w.began)
	}

	failing := start(t, `{"n": 1}`, flow(sub(1, `, "retry": {"max_attempts": 2}`), ``), middle, leaf)
	failing.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Failure: node.Fail(node.CodeConnection, "no answer")}
	}
	failing.work()
	failing.expect("running")
	failing.fire(ledger.Restart)
	failing.expect("failed")
	if got := failing.failure(); got.Code != node.CodeConnection || got.Step != "sub/sub/call" || failing.began["sub/sub/call"] != 2 {
		t.Errorf("failure %+v, performed %v", got, failing.began)
	}
}

func TestSubworkflowsAreOnlySoDeep(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 7 {
		texts = append(texts, flow(fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": %q, "version": 1}}`, workflowID(i+1)), ``))
	}
	w := start(t, `{}`, append(texts, flow(callNode, ``))...)
	w.work()
	w.expect("failed")
	if got := w.failure(); !strings.Contains(got.Message, "5 deep") {
		t.Errorf("failure %+v", got)
	}
}
