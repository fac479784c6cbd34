package openapitool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// api is a document with two operations, of which the second takes a body of a schema.
func api(parameters, body, schemas string) string {
	return `{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "servers": [{"url": "https://api.example.com/v1"}],
	"paths": {"/p/{id}": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}` + parameters + `],
		"get": {"operationId": "look", "responses": {"200": {"description": "fine"}}},
		"put": {"operationId": "change", "responses": {"200": {"description": "fine"}}, "requestBody": {"content": {"application/json": {"schema": ` + body + `}}}}}},
	"components": {"schemas": {` + schemas + `}}}`
}

// TestSchemasStandByThemselves: what a schema leads to comes along, also into the middle of another, and properties may be called as keywords are.
func TestSchemasStandByThemselves(t *testing.T) {
	document := api("", `{"properties": {"type": {"$ref": "#/components/schemas/A/properties/b"}, "example": {"type": "string", "nullable": true, "default": {"xml": 1}}}}`,
		`"A": {"properties": {"b": {"items": {"$ref": "#/components/schemas/B"}}}}, "B": {"type": "integer", "example": 1}, "C": {}`)
	tools, err := Tools(Set{Name: "t", Document: json.RawMessage(document), Operations: []string{"change"}})
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Parameters struct {
			Properties struct{ Body json.RawMessage }
			Defs       json.RawMessage `json:"$defs"`
		}
	}
	if err := json.Unmarshal(tools[0], &made); err != nil {
		t.Fatal(err)
	}
	body, defs := `{"properties":{"example":{"default":{"xml":1},"type":["string","null"]},"type":{"$ref":"#/$defs/A/properties/b"}}}`,
		`{"A":{"properties":{"b":{"items":{"$ref":"#/$defs/B"}}}},"B":{"type":"integer"}}`
	if got := made.Parameters; string(got.Properties.Body) != body || string(got.Defs) != defs {
		t.Errorf("the body is %s, its definitions are %s", got.Properties.Body, got.Defs)
	}
}

// web is a document of so many operations, parameters of each, and schemas, of which each leads to all others.
func web(operations, parameters, schemas int) (set Set) {
	var paths, uses, links []string
	for i := range schemas {
		links = append(links, fmt.Sprintf(`"S%d": {"type": "array", "items": {"$ref": "#/components/schemas/S%d"}, "description": "%0100d"}`, i, (i+1)%schemas, i))
	}
	for i := range parameters {
		uses = append(uses, fmt.Sprintf(`{"name": "p%d", "in": "query", "schema": {"$ref": "#/components/schemas/S0"}}`, i))
	}
	for i := range operations {
		set.Operations = append(set.Operations, fmt.Sprintf("o%d", i))
		paths = append(paths, fmt.Sprintf(`"/%d": {"get": {"operationId": "o%[1]d", "responses": {"200": {"description": "fine"}}, "parameters": [%[2]s]}}`, i, strings.Join(uses, ",")))
	}
	set.Document = json.RawMessage(fmt.Sprintf(`{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "paths": {%s},
		"components": {"schemas": {%s}}}`, strings.Join(paths, ","), strings.Join(links, ",")))
	return set
}

// TestLargeDocumentsTakeNoLongTime: neither the uses of schemas nor the operations multiply what all schemas take.
func TestLargeDocumentsTakeNoLongTime(t *testing.T) {
	for name, test := range map[string]struct {
		set  Set
		want string
	}{
		"of many uses":       {web(1, 2_000, 2_000), ""},
		"of many operations": {web(64, 1, 3_000), "choose fewer"},
	} {
		began := time.Now()
		_, err := Tools(test.set)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("a document of %d bytes %s took %s", len(test.set.Document), name, took)
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("a document %s: %v", name, err)
		}
	}
}

// FuzzTools makes tools of any document: the same ones each time, at the document's server, in bounded time and size. What is refused
// is said on one line.
func FuzzTools(f *testing.F) {
	f.Add(api("", `{"type": "object", "nullable": true}`, ""))
	f.Add(api(`, {"name": "q-1", "in": "query", "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": true}}`, `{"$ref": "#/components/schemas/A"}`,
		`"A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}, "b": {"$ref": "#/components/schemas/B/properties/c"}}}, "B": {"properties": {"c": {"type": "string"}}}`))
	f.Add(api(`, {"name": "c", "in": "cookie", "schema": {}}, {"$ref": "#/components/parameters/X"}`, `{"pattern": "(((((", "example": null}`, `"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}`))
	f.Add(strings.Replace(api("", "true", `"A": false`), "3.0.3", "3.1.0", 1))
	f.Add(`{"openapi": "3.0.3", "paths": {"/": {"$ref": "file:///etc/passwd"}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		if !json.Valid([]byte(document)) {
			return
		}
		set := Set{Name: "t", Document: json.RawMessage(document), Operations: []string{"look", "change"}}
		began := time.Now()
		tools, err := Tools(set)
		if took := time.Since(began); took > 10*time.Second {
			t.Fatalf("it took %s", took)
		}
		if again, err2 := Tools(set); fmt.Sprint(tools, err) != fmt.Sprint(again, err2) {
			t.Fatalf("once %s, %v, once %s, %v", tools, err, again, err2)
		}
		if err != nil {
			if text := err.Error(); len(text) > 1_000 || strings.ContainsAny(text, "\r\n") || !utf8.ValidString(text) {
				t.Errorf("an error of %d bytes: %q", len(text), text)
			}
			return
		}
		if size := len(bytes.Join(raws(tools), nil)); len(tools) != 2 || size > maxBytes {
			t.Errorf("%d tools of %d bytes", len(tools), size)
		}
	})
}

func raws(tools []json.RawMessage) (all [][]byte) {
	for _, one := range tools {
		all = append(all, one)
	}
	return all
}
