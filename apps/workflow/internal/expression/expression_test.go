package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

const inputs = `{"type": "object", "properties": {
	"topic": {"type": "string"}, "count": {"type": "integer"}, "price": {"type": "number"}, "ok": {"type": "boolean"},
	"tags": {"type": "array", "items": {"type": "string"}},
	"user": {"type": "object", "properties": {"name": {"type": "string"}}},
	"lang": {"type": "string"}, "free": {"type": "object"}}}`

func environment(t testing.TB) *Env {
	t.Helper()
	env, err := NewEnv(Variables{Inputs: json.RawMessage(inputs), Nodes: []string{"search", "write"}, Loop: true, With: []string{"lang"}})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func variables() map[string]any {
	return map[string]any{
		"inputs": json.RawMessage(`{"topic": "go", "count": 3, "price": 1.5, "ok": true, "tags": ["a", "b"], "user": {"name": "Eva"}, "free": {"x": null}}`),
		"nodes": map[string]any{
			"search": map[string]any{"output": json.RawMessage(`{"items": [{"n": 1}, {"n": 2}], "big": 9007199254740993, "huge": 18446744073709551615}`), "status": "completed", "error": nil},
			"write":  map[string]any{"output": nil, "status": "skipped", "error": nil},
		},
		"item": json.RawMessage(`{"id": 7}`), "index": 4, "with": json.RawMessage(`{"lang": "en"}`),
		"run": json.RawMessage(`{"id": "run_1", "workflow_id": "wfl_1", "version": 2, "started_at": "2026-11-22T10:00:00Z"}`),
	}
}

func TestEvaluate(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"constant", ` {"b": [1, 2.50], "a": "x"} `, `{"b": [1, 2.50], "a": "x"}`},
		{"text", `"${{ inputs.topic }}"`, `"go"`},
		{"keeps its type", `"${{ inputs.count }}"`, `3`},
		{"whole number", `"${{ inputs.count + 1 }}"`, `4`},
		{"fraction", `"${{ inputs.price * 2.0 }}"`, `3`},
		{"beyond 2^53", `"${{ nodes.search.output.big }}"`, `9007199254740993`},
		{"beyond 2^63", `"${{ nodes.search.output.huge }}"`, `18446744073709551615`},
		{"mixed comparison", `"${{ inputs.price > 1 }}"`, `true`},
		{"in a text", `"About ${{ inputs.topic }}: ${{ inputs.count }} of ${{ inputs.tags }}"`, `"About go: 3 of [\"a\",\"b\"]"`},
		{"within", `{"z": "${{ inputs.ok }}", "a": ["${{ null }}", "x"]}`, `{"z":true,"a":[null,"x"]}`},
		{"braces end nothing", `"${{ {'a': {'b': 1}} }}"`, `{"a":{"b":1}}`},
		{"strings end nothing", `"${{ '}}' + \"}}\" + r'\\' + '\\'}}' }}"`, `"}}}}\\'}}"`},
		{"triple quotes", `"${{ '''a'}}''' }}!"`, `"a'}}!"`},
		{"comment", `"${{ 1 // }} no\n + 1 }}"`, `2`},
		{"an escaped opening", `"\u0024{{ inputs.count }}"`, `3`},
		{"an opening as text", `"${{ '${{' }}"`, `"${{"`},
		{"keys are sorted", `"${{ {'b': 1, 'a': 2} }}"`, `{"a":2,"b":1}`},
		{"number as key", `"${{ {1: 'x'} }}"`, `{"1":"x"}`},
		{"macro", `"${{ nodes.search.output.items.filter(i, i.n > 1).map(i, i.n * 10) }}"`, `[20]`},
		{"status", `"${{ nodes.write.status == 'skipped' && nodes.write.output == null }}"`, `true`},
		{"by index", `"${{ nodes['search'].output['items'][0].n }}"`, `1`},
		{"loop", `"${{ with.lang }} ${{ item.id }} ${{ index }}"`, `"en 7 4"`},
		{"run", `"${{ run.id }}/${{ run.version }}"`, `"run_1/2"`},
		{"optional", `"${{ inputs.?lang.orValue('de') }}"`, `"de"`},
		{"empty optional", `"${{ inputs.?lang }}"`, `null`},
		{"has", `"${{ has(inputs.free.y) }}"`, `false`},
		{"json", `"${{ json('{\"a\": [1, 2.5]}').a }}"`, `[1,2.5]`},
		{"to_json", `"${{ to_json(inputs.user) }}"`, `"{\"name\":\"Eva\"}"`},
		{"strings", `"${{ inputs.topic.upperAscii() + 'a-b'.split('-').join('+') }}"`, `"GOa+b"`},
		{"format", `"${{ '%s has %d'.format([inputs.topic, inputs.count]) }}"`, `"go has 3"`},
		{"replace", `"${{ 'a.b.c'.replace('.', '/', 1) }}"`, `"a/b.c"`},
		{"lists", `"${{ [3, 1, 2, 1].distinct().sort() }}"`, `[1,2,3]`},
		{"sortBy", `"${{ [{'n': 2}, {'n': 1}].sortBy(e, e.n) }}"`, `[{"n":1},{"n":2}]`},
		{"math", `"${{ math.greatest([1, 5, 3]) }}"`, `5`},
		{"base64", `"${{ base64.encode(b'hi') }}"`, `"aGk="`},
		{"matches", `"${{ inputs.topic.matches('^g.$') }}"`, `true`},
		{"time", `"${{ timestamp(run.started_at) + duration('90m') }}"`, `"2026-11-22T11:30:00Z"`},
		{"no HTML escapes", `"${{ '<a&b>' }}"`, `"<a&b>"`},
		{"ternary", `"${{ inputs.ok ? 'yes' : 'no' }}"`, `"yes"`},
	}
	env := environment(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			template, err := Compile(json.RawMessage(tt.value), env)
			if err != nil {
				t.Fatal(err)
			}
			got, err := template.Evaluate(variables())
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct{ name, value, text string }{
		{"no end", `"${{ inputs.topic"`, "no }}"},
		{"empty", `"${{ }}"`, "no expression"},
		{"syntax", `"${{ inputs. }}"`, "Syntax error"},
		{"unknown node", `"${{ nodes.serch.output }}"`, "nodes.serch: there is no node serch here; did you mean search?"},
		{"unknown node by index", `"${{ nodes['serch'].output }}"`, "there is no node serch"},
		{"unknown node, optional", `"${{ nodes.?serch }}"`, "there is no node serch"},
		{"with a dot before", `"${{ .nodes.serch }}"`, "there is no node serch"},
		{"nodes as such", `"${{ nodes.map(n, nodes[n].output) }}"`, "write nodes.<id>"},
		{"computed node", `"${{ nodes[inputs.topic].output }}"`, "write nodes.<id>"},
		{"node's field", `"${{ nodes.search.outptu.x }}"`, "did you mean output?"},
		{"unknown variable", `"${{ input.topic }}"`, "there is no variable or function input here; the variables are inputs, nodes"},
		{"unknown input", `"${{ inputs.topik }}"`, "did you mean topic?"},
		{"unknown within", `"${{ inputs.user.nam }}"`, "did you mean name?"},
		{"unknown with", `"${{ with.language }}"`, "with has no language"},
		{"unknown of run", `"${{ run.started }}"`, "run has no started"},
		{"args outside of tools", `"${{ args.x }}"`, "no variable or function args"},
		{"types", `"${{ inputs.topic + 1 }}"`, "no matching overload"},
		{"types within", `"${{ inputs.user.name > 1 }}"`, "no matching overload"},
		{"no regular expression", `"${{ inputs.topic.matches('(') }}"`, "("},
		{"huge regular expression", `"${{ inputs.topic.matches('((a{1,100}){1,100}){1,100}') }}"`, "invalid matches argument"},
		{"shadowing", `"${{ [1].map(nodes, nodes) }}"`, "the name nodes"},
		{"long", `"${{ '` + strings.Repeat("x", MaxLength) + `' }}"`, "at most 4096"},
		{"deep", `"${{ ` + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500) + ` }}"`, "recursion"},
		{"deep lists", `"${{ ` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + ` }}"`, "recursion"},
		{"a key", `{"${{ inputs.topic }}": 1}`, "key"},
	}
	env := environment(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(json.RawMessage(tt.value), env)
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want … %s …", err, tt.text)
			}
		})
	}
}

func TestFaultsNameThePlace(t *testing.T) {
	_, err := Compile(json.RawMessage(`{"a/b": ["x ${{ 1 +\n nope }} ${{ nodes.serch }}"], "c": "${{ }}"}`), environment(t))
	faults, ok := errors.AsType[Errors](err)
	if !ok || len(faults) != 3 {
		t.Fatalf("got %v", err)
	}
	if f := faults[0]; f.Pointer != "/a~1b/0" || f.Column != 7 || f.Code != problem.CodeExpression {
		t.Errorf("the first is %+v", f)
	}
	if f := faults[1]; f.Code != problem.CodeUnknownNode || f.Column != 2 {
		t.Errorf("the second is %+v", f)
	}
	if f := faults[2]; f.Pointer != "/c" {
		t.Errorf("the third is %+v", f)
	}
}

func TestReferences(t *testing.T) {
	template, err := Compile(json.RawMessage(`["${{ nodes.write.output.x }}", "${{ nodes.search.status }} ${{ [1].map(x, nodes['write'].output) }}",
		"${{ has(nodes.search.error) ? nodes.search : 1 }}"]`), environment(t))
	if err != nil {
		t.Fatal(err)
	}
	want := "[{search } {search error} {search status} {write output}]"
	if got := fmt.Sprint(template.References()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEvaluateFails(t *testing.T) {
	tests := []struct{ name, value, code, text string }{
		{"no such key", `"${{ nodes.search.output.nope }}"`, node.CodeExpression, "there is no nope"},
		{"no such input", `"${{ inputs.free.y }}"`, node.CodeExpression, "there is no y"},
		{"null", `"${{ nodes.write.output.x }}"`, node.CodeExpression, "x"},
		{"types", `"${{ nodes.search.output.items + 1 }}"`, node.CodeExpression, "convert"},
		{"zero", `"${{ inputs.count / 0 }}"`, node.CodeExpression, "zero"},
		{"overflow", `"${{ nodes.search.output.big * 10000 }}"`, node.CodeExpression, "overflow"},
		{"infinite", `"${{ 1.0 / 0.0 }}"`, node.CodeExpression, "JSON cannot hold"},
		{"a type", `"${{ type(1) }}"`, node.CodeExpression, "cannot be written"},
		{"no json", `"${{ json('{') }}"`, node.CodeExpression, "JSON"},
		{"same keys", `"${{ {1: 'a', '1': 'b'} }}"`, node.CodeExpression, "two keys"},
	}
	env := environment(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			template, err := Compile(json.RawMessage(tt.value), env)
			if err != nil {
				t.Fatal(err)
			}
			got, err := template.Evaluate(variables())
			fault, ok := errors.AsType[*Error](err)
			if !ok || fault.Code != tt.code || !strings.Contains(fault.Message, tt.text) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

// Each of these would fill the memory or keep a processor busy without the bounds.
func TestBombs(t *testing.T) {
	double := func(start string, n int) string {
		var b strings.Builder
		b.WriteString("[" + start + "]")
		for i := range n {
			fmt.Fprintf(&b, ".map(x%d, [x%d, x%d])", i, i, i)
		}
		return b.String()
	}
	strs := func(n int) string {
		var b strings.Builder
		b.WriteString("['xxxxxxxxxxxxxxxx']")
		for i := range n {
			fmt.Fprintf(&b, ".map(x%d, x%d + x%d)", i, i, i)
		}
		return b.String()
	}
	tests := []struct{ name, expression string }{
		{"doubling text", strs(22)},
		{"doubling lists", double("1", 28)},
		{"doubling lists, compared", double("1", 28) + ".map(y, y == y)"},
		{"doubling lists, searched", double("1", 28) + ".map(y, y in [y])"},
		{"doubling lists, written", "to_json(" + double("1", 28) + ")"},
		{"doubling lists, formatted", "'%s'.format([" + double("1", 28) + "])"},
		{"doubling maps", strings.NewReplacer("[x", "{'a': x", ", x", ", 'b': x", "])", "})").Replace(double("1", 28))},
		{"list concatenation", strings.ReplaceAll(strs(22), "'xxxxxxxxxxxxxxxx'", "[1, 2, 3]")},
		{"nested macros", "lists.range(1000).map(a, lists.range(1000).map(b, lists.range(1000).map(c, a * b * c)))"},
		{"exists", "lists.range(100000).exists(a, lists.range(100000).exists(b, b < 0))"},
		{"range", "lists.range(1000000000)"},
		{"replace", "item.text.replace('', item.text)"},
		{"replace n", "item.text.replace('x', item.text, 1000000)"},
		{"join", "lists.range(5000).map(i, item.text).join()"},
		{"join by", "lists.range(100000).map(i, '').join(item.text)"},
		{"format", "'" + strings.Repeat("%s", 1000) + "'.format(lists.range(1000).map(i, item.text))"},
		{"format precision", "lists.range(20000).map(i, '%.90f'.format([1.0])).join()"},
		{"split", "item.text.split('')"},
		{"flatten", "lists.range(2000).map(i, item.list).flatten()"},
		{"distinct", "item.list.distinct()"},
		{"has all", "item.list.hasAll(item.list)"},
		{"sort", "item.list.map(i, -i).sort()"},
		{"regular expression", "item.text.matches('(x+x+)+y')"},
		{"computed regular expression", "item.text.matches(item.pattern)"},
		{"json", "json(item.text)"},
		{"encode", "lists.range(3000).map(i, base64.encode(bytes(item.text)))"},
		{"lower", "lists.range(3000).map(i, item.text.lowerAscii())"},
		{"reverse", "lists.range(3000).map(i, item.text.reverse())"},
		{"quote", "lists.range(3000).map(i, strings.quote(item.text))"},
		{"value", "item.text + item.text"},
	}
	list := "[0" + strings.Repeat(",0", 60_000) + "]"
	item := fmt.Sprintf(`{"text": "%s", "list": %s, "pattern": "%s"}`, strings.Repeat("x", 3<<20), list, strings.Repeat("(x{1,50}){1,50}", 5))
	vars := variables()
	decoded, err := Decode(json.RawMessage(item))
	if err != nil {
		t.Fatal(err)
	}
	vars["item"] = decoded
	env := environment(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := json.Marshal("${{ " + tt.expression + " }}")
			template, err := Compile(source, env)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			got, err := template.Evaluate(vars)
			if err == nil {
				t.Errorf("it gave %d bytes", len(got))
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s: %v", took, err)
			}
			t.Log(time.Since(began), err)
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	env := environment(b)
	template, err := Compile(json.RawMessage(`"${{ inputs.count > 2 && inputs.topic == 'go' }}"`), env)
	if err != nil {
		b.Fatal(err)
	}
	vars := variables()
	vars["inputs"], _ = Decode(vars["inputs"].(json.RawMessage))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Evaluate(vars); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`inputs.topic`, `nodes.search.output.items.map(i, i.n)`, `{'a': {'b': [1, 2u, 3.0]}}`, `'}}' + r"\" + '''x'''`, `json(to_json(item))`,
		`[1, 2].sortBy(x, -x)`, `'%s %d %.2f'.format(['a', 1, 2.5])`, `inputs.?a.?b.orValue(dyn(1))`, `timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin')`,
		`math.greatest(1, 2) + math.bitShiftLeft(1, 63)`, `'a'.matches('a{1,1000}')`, `"${{ }}"`, `base64.decode('====')`, `[[1]].flatten(9)`, `optional.none()`,
		`google.protobuf.Struct{fields: {'a': google.protobuf.Value{}}}`, `nodes[`, `has(item.a.b)`, `[1].map(x, [x].map(y, nodes))`, "`a`.b",
	} {
		f.Add(seed)
	}
	env := environment(f)
	f.Fuzz(func(t *testing.T, source string) {
		value, err := json.Marshal("x ${{ " + source + " }} y")
		if err != nil {
			t.Skip()
		}
		template, err := Compile(value, env)
		if err != nil {
			if len(err.Error()) > 100_000 {
				t.Fatalf("a message of %d bytes", len(err.Error()))
			}
			return
		}
		began := time.Now()
		got, err := template.Evaluate(variables())
		if took := time.Since(began); took > 10*time.Second {
			t.Fatalf("%q took %s", source, took)
		}
		if err == nil && !json.Valid(got) {
			t.Fatalf("%q gave %q", source, got)
		}
		if again, err2 := template.Evaluate(variables()); string(again) != string(got) && err == nil && err2 == nil {
			t.Fatalf("%q gave %q, then %q", source, got, again)
		}
	})
}

func TestEvaluatePartly(t *testing.T) {
	env, err := NewEnv(Variables{Tool: true, Args: json.RawMessage(`{"type": "object", "properties": {"id": {"type": "string"}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	later, err := NewEnv(Variables{OnlyArgs: true})
	if err != nil {
		t.Fatal(err)
	}
	evil := "${{ args.id }} and ${{"
	vars := map[string]any{"inputs": map[string]any{"token": "t0", "evil": evil, "list": []any{evil, 1.5}}}
	args := map[string]any{"args": map[string]any{"id": "7"}}
	tests := []struct{ value, want string }{
		{`"${{ inputs.token }}/${{ args.id }}"`, `"t0/7"`},
		{`"${{ inputs.list[1] }}"`, `1.5`},
		{`{"a": "${{ args.id }}", "b": ["x"]}`, `{"a":"7","b":["x"]}`},
		{`"${{ inputs.evil }}"`, `"${{ args.id }} and ${{"`},
		{`"=${{ inputs.evil }}${{ args.id }}"`, `"=${{ args.id }} and ${{7"`},
		{`"${{ inputs.list }}"`, `["${{ args.id }} and ${{",1.5]`},
	}
	for _, tt := range tests {
		template, err := Compile(json.RawMessage(tt.value), env)
		if err != nil {
			t.Fatal(err)
		}
		partly, err := template.EvaluatePartly(vars)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := Compile(partly, later)
		if err != nil {
			t.Fatalf("%s: %v", partly, err)
		}
		if got, err := rest.Evaluate(args); string(got) != tt.want || err != nil {
			t.Errorf("%s gave %s, then %s, %v; want %s", tt.value, partly, got, err, tt.want)
		}
	}
	for source, text := range map[string]string{`"${{ args.id + inputs.token }}"`: "both", `"${{ args.ip }}"`: "did you mean id?"} {
		if _, err := Compile(json.RawMessage(source), env); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s gave %v", source, err)
		}
	}
}
