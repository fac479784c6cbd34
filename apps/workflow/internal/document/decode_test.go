package document

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// example is the document that docs/workflow-document.md shows.
func example(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../../../../docs/workflow-document.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatal("the page shows no document")
	}
	return string(found[1])
}

func TestDecodeReadsTheManualsExample(t *testing.T) {
	d, problems := Decode([]byte(example(t)))
	if problems != nil {
		t.Fatal(problems)
	}
	if d.Settings.Timeout != time.Hour || d.Settings.Budget.CostMicroUSD != 1_500_000 || d.Settings.Budget.Tokens != 200_000 || d.Settings.MaxParallel != 10 {
		t.Errorf("settings are %+v", d.Settings)
	}
	if len(d.Nodes) != 3 || d.Nodes[1].Pointer != "/nodes/1" || d.Nodes[0].Retry.MaxAttempts != 1 {
		t.Errorf("nodes are %+v", d.Nodes)
	}
	if e := d.Edges[1]; e.From != "check" || e.Port != "approved" || e.To != "send" {
		t.Errorf("the second edge is %+v", e)
	}
}

const loop = `{"schema": "agentteam/v1", "name": "x", "nodes": [{"id": "l", "type": "for_each", "config": {"items": [1], "body":
	{"nodes": [{"id": "a", "type": "transform"}, {"id": "a", "type": "transform", "wen": ""}], "edges": [{"from": "a.x", "to": "a"}], "output": 1}}}]}`

func TestDecodeRefuses(t *testing.T) {
	minimal := func(more string) string {
		return `{"schema": "agentteam/v1", "name": "x", "nodes": [{"id": "a", "type": "transform"` + more + `}]}`
	}
	tests := []struct{ name, source, pointer, code, text string }{
		{"nothing", ``, "", problem.CodeInvalidJSON, "too early"},
		{"a list", `[]`, "", problem.CodeWrongType, "expected object, found array"},
		{"another schema", strings.Replace(minimal(""), "agentteam/v1", "agentteam/v2", 1), "/schema", problem.CodeUnknownValue, `expected "agentteam/v1", found "agentteam/v2"`},
		{"unknown field", minimal(`, "conifg": {}`), "/nodes/0/conifg", problem.CodeUnknownField, "conifg"},
		{"no id", strings.Replace(minimal(""), `"id": "a",`, "", 1), "/nodes/0", problem.CodeMissingField, "id is missing"},
		{"bad id", strings.Replace(minimal(""), `"id": "a"`, `"id": "A-b"`, 1), "/nodes/0/id", problem.CodeInvalidFormat, `"A-b"`},
		{"wrong type", minimal(`, "timeout": 3`), "/nodes/0/timeout", problem.CodeWrongType, "expected string, found number 3"},
		{"no duration", minimal(`, "timeout": "3 days"`), "/nodes/0/timeout", problem.CodeInvalidFormat, "300ms"},
		{"endless duration", minimal(`, "timeout": "9000h"`), "/nodes/0/timeout", problem.CodeInvalidFormat, "8760h"},
		{"negative duration", minimal(`, "timeout": "-1s"`), "/nodes/0/timeout", problem.CodeInvalidFormat, "1ms"},
		{"attempts", minimal(`, "retry": {"max_attempts": 21}`), "/nodes/0/retry/max_attempts", problem.CodeOutOfRange, "at most 20, found 21"},
		{"pauses", minimal(`, "retry": {"initial": "10s", "max": "1s"}`), "/nodes/0/retry/max", problem.CodeOutOfRange, "shorter"},
		{"on_error", minimal(`, "on_error": "ignore"`), "/nodes/0/on_error", problem.CodeUnknownValue, `"route"`},
		{"triggers", strings.Replace(minimal(""), `"name"`, `"triggers": [{}], "name"`, 1), "/triggers", problem.CodeOutOfRange, "at most 0"},
		{"run timeout", strings.Replace(minimal(""), `"name"`, `"settings": {"timeout": "10ms"}, "name"`, 1), "/settings/timeout", problem.CodeOutOfRange, "1s"},
		{"id twice in a loop", strings.Replace(loop, `, "wen": ""`, "", 1), "/nodes/0/config/body/nodes/1/id", problem.CodeDuplicateID, "/nodes/0/config/body/nodes/0"},
		{"unknown in a loop", strings.Replace(loop, `"id": "a"`, `"id": "b"`, 1), "/nodes/0/config/body/nodes/1/wen", problem.CodeUnknownField, "wen"},
		{"deep", minimal(`, "config": {"value": ` + strings.Repeat("[", 61) + strings.Repeat("]", 61) + `}`), "", problem.CodeTooDeep, "64"},
		{"large", minimal(`, "config": {"value": "` + strings.Repeat("x", MaxBytes) + `"}`), "", problem.CodeTooLarge, "2097152"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, problems := Decode([]byte(tt.source))
			if d != nil || len(problems) != 1 {
				t.Fatalf("got %+v, want one problem", problems)
			}
			if p := problems[0]; p.Pointer != tt.pointer || p.Code != tt.code || !strings.Contains(p.Message, tt.text) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestDecodeReportsEverythingAtOnce(t *testing.T) {
	_, problems := Decode([]byte(`{"schema": 1, "name": "", "nodes": [{"id": "a", "type": "x", "id": "b"}, {"id": "b", "type": ""}], "edges": [{}]}`))
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Pointer+" "+p.Code)
	}
	want := []string{
		"/edges/0 missing_field", "/edges/0 missing_field", "/name out_of_range", "/nodes/0/id duplicate_key", "/nodes/1/type out_of_range", "/schema unknown_value",
	}
	if fmt.Sprint(codes) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", codes, want)
	}
}

func TestDecodeCountsNodesInLoops(t *testing.T) {
	var body []string
	for i := range MaxNodes {
		body = append(body, fmt.Sprintf(`{"id": "n%d", "type": "transform"}`, i))
	}
	source := `{"schema": "agentteam/v1", "name": "x", "nodes": [{"id": "l", "type": "for_each", "config": {"body": {"nodes": [` + strings.Join(body, ",") + `]}}}]}`
	_, problems := Decode([]byte(source))
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "501 nodes") {
		t.Errorf("got %v", problems)
	}
}

func TestRetryDelay(t *testing.T) {
	r := Retry{MaxAttempts: 5, Initial: time.Second, Max: 3 * time.Second, Multiplier: 2, NonRetryable: []string{"model"}}
	for attempt, most := range []time.Duration{1: time.Second, 2: 2 * time.Second, 3: 3 * time.Second, 4: 3 * time.Second} {
		if attempt == 0 {
			continue
		}
		pause, again := r.Delay("a", attempt, node.Fail(node.CodeTimeout, "x"))
		if !again || pause > most || pause < most*8/10 {
			t.Errorf("after attempt %d: %s, %t", attempt, pause, again)
		}
		if same, _ := r.Delay("a", attempt, node.Fail(node.CodeTimeout, "x")); same != pause {
			t.Errorf("after attempt %d once %s and once %s", attempt, pause, same)
		}
	}
	asked := &node.Failure{Code: node.CodeRateLimited, RetryAfter: 20 * time.Second}
	if pause, _ := r.Delay("a", 1, asked); pause != 20*time.Second {
		t.Errorf("asked for 20s, got %s", pause)
	}
	for name, last := range map[string]struct {
		attempt int
		failure *node.Failure
	}{
		"the last attempt": {5, asked}, "a final failure": {1, &node.Failure{Final: true}}, "a code excluded": {1, node.Fail(node.CodeModel, "x")},
	} {
		if _, again := r.Delay("a", last.attempt, last.failure); again {
			t.Errorf("%s is followed by another", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(example(f)))
	f.Add([]byte(loop))
	f.Add([]byte(`{"id": "a", "type": "transform", "config": {"value": 1}}`))
	f.Add([]byte(`{"schema": 1, "nodes": {"a": [1e999]}, "settings": [], "edges": "x"}`))
	f.Add([]byte(`{"nodes": [{"type": "for_each", "config": {"body": []}}, null, [], {"retry": 3}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := Decode(data)
		if (d == nil) != (len(problems) > 0) || len(problems) > problem.Most {
			t.Fatalf("document %v, problems %v", d, problems)
		}
		if n, problems := DecodeNode(data); (n == nil) != (len(problems) > 0) || len(problems) > problem.Most {
			t.Fatalf("node %v, problems %v", n, problems)
		}
		if _, again := Decode(data); fmt.Sprint(again) != fmt.Sprint(problems) {
			t.Fatalf("once %v, once %v", problems, again)
		}
	})
}
