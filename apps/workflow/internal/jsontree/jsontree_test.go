package jsontree

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

func TestParseKeepsTextAndOrder(t *testing.T) {
	const source = ` {"z": 1.50, "a\n": ["x\\", "\"", "", null, true], "big": 123456789012345678901234567890 }`
	v, problems := Parse([]byte(source), 64)
	if problems != nil {
		t.Fatal(problems)
	}
	if string(v.Raw) != strings.TrimSpace(source) {
		t.Errorf("raw is %s", v.Raw)
	}
	want := []string{"z", "a\n", "big"}
	for i, m := range v.Members {
		if m.Key != want[i] {
			t.Errorf("key %d is %q, want %q", i, m.Key, want[i])
		}
	}
	if got := string(v.Get("z").Raw); got != "1.50" {
		t.Errorf("the number became %s", got)
	}
	raws := []string{`"x\\"`, `"\""`, `""`, `null`, `true`}
	for i, item := range v.Get("a\n").Items {
		if string(item.Raw) != raws[i] {
			t.Errorf("item %d is %s, want %s", i, item.Raw, raws[i])
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, source, code string }{
		{"empty", "", problem.CodeInvalidJSON},
		{"cut", `{"a": [1, 2`, problem.CodeInvalidJSON},
		{"two values", `{} {}`, problem.CodeInvalidJSON},
		{"comment", `{} // no`, problem.CodeInvalidJSON},
		{"trailing comma", `[1,]`, problem.CodeInvalidJSON},
		{"no UTF-8", "\"\xff\"", problem.CodeInvalidJSON},
		{"key twice", `{"a": 1, "a": 2}`, problem.CodeDuplicateKey},
		{"key twice by escape", `{"a": 1, "\u0061": 2}`, problem.CodeDuplicateKey},
		{"deep", strings.Repeat("[", 65) + strings.Repeat("]", 65), problem.CodeTooDeep},
		{"very deep", strings.Repeat("[", 1_000_000), problem.CodeTooDeep},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Parse([]byte(tt.source), 64)
			if len(problems) != 1 || problems[0].Code != tt.code {
				t.Errorf("got %v, want one of code %s", problems, tt.code)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a": [1, "\"x\\\"", null, {"b": -1e5}]}`))
	f.Add([]byte(`[[[[`))
	f.Add([]byte("\"\\ud800\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, problems := Parse(data, 64)
		if len(problems) > 0 {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		if !bytes.Equal(v.Raw, bytes.TrimSpace(data)) {
			t.Fatalf("%q became %q", data, v.Raw)
		}
	})
}
