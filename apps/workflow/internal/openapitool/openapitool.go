// Package openapitool makes tools of type http of the operations that an OpenAPI document describes, as a pure function of
// the document: what is published is what is called.
package openapitool

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Set is a tool of type openapi, as it stands in a workflow's document.
type Set struct {
	Name       string          `json:"name"`
	Document   json.RawMessage `json:"document"`
	Operations []string        `json:"operations"` // by operationId
	BaseURL    string          `json:"base_url"`   // empty: that of the document's first server
	Credential string          `json:"credential"`
}

// tool is one of type http. Its expressions take the arguments.
type tool struct {
	Type        string            `json:"type"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Parameters  json.RawMessage   `json:"parameters"`
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	Headers     map[string]string `json:"headers,omitempty"`
	Query       map[string]string `json:"query,omitempty"`
	Body        string            `json:"body,omitempty"`
	Credential  string            `json:"credential,omitempty"`
}

// maxDescription bounds what a model reads about an operation, in bytes.
const maxDescription = 4 << 10

// Tools gives the chosen operations in the order in which they are named.
func Tools(set Set) ([]json.RawMessage, error) {
	loader := openapi3.NewLoader() // which follows no reference out of the document
	document, err := loader.LoadFromData(set.Document)
	if err != nil {
		return nil, fmt.Errorf("document is no OpenAPI document that stands by itself: %s", short(err))
	}
	if err := document.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("document is no valid OpenAPI document: %s", short(err))
	}
	base, err := baseOf(set.BaseURL, document)
	if err != nil {
		return nil, err
	}
	known := operations(document)
	var tools []json.RawMessage
	for _, name := range set.Operations {
		found, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("document has no operation %q; it has %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		made, err := found.tool(set, base, document)
		if err != nil {
			return nil, fmt.Errorf("operation %s: %w", name, err)
		}
		encoded, err := json.Marshal(made)
		if err != nil {
			return nil, err
		}
		tools = append(tools, encoded)
	}
	return tools, nil
}

// baseOf is where the paths begin.
func baseOf(given string, document *openapi3.T) (string, error) {
	if given == "" && len(document.Servers) > 0 {
		given = document.Servers[0].URL
	}
	u, err := url.Parse(given)
	if err != nil || !isBase(u) || strings.ContainsAny(given, "{}$") {
		return "", fmt.Errorf("base_url, or the URL of the document's first server, must be as https://api.example.com/v1, without variables, got %.200q", given)
	}
	return strings.TrimSuffix(given, "/"), nil
}

func isBase(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery+u.Fragment == ""
}

// operation is one of the document, with what it shares with others of its path.
type operation struct {
	*openapi3.Operation
	path, method string
	shared       openapi3.Parameters
}

func operations(document *openapi3.T) map[string]operation {
	known := map[string]operation{}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID != "" && method != http.MethodTrace && method != http.MethodConnect {
				known[o.OperationID] = operation{path: path, method: method, shared: item.Parameters, Operation: o}
			}
		}
	}
	return known
}

func (o operation) tool(set Set, base string, document *openapi3.T) (tool, error) {
	p := parameters{properties: map[string]any{}, used: map[string]string{}}
	made := tool{
		Type: "http", Name: node.ToolName(set.Name, o.OperationID), Description: described(o.Operation), Method: o.method, Credential: set.Credential,
		URL: base + o.path, Headers: map[string]string{}, Query: map[string]string{},
	}
	for _, given := range o.all() {
		if err := p.add(given, &made); err != nil {
			return tool{}, err
		}
	}
	if err := p.body(o.RequestBody, &made); err != nil {
		return tool{}, err
	}
	if strings.Contains(strings.ReplaceAll(made.URL, "${{", ""), "/{") {
		return tool{}, fmt.Errorf("the path %s has a parameter that is not described", o.path)
	}
	var err error
	made.Parameters, err = p.schema(document)
	return made, err
}

// all are the parameters of an operation: its own win over those of its path.
func (o operation) all() (all []*openapi3.Parameter) {
	for _, list := range []openapi3.Parameters{o.Parameters, o.shared} {
		for _, given := range list {
			if !slices.ContainsFunc(all, func(known *openapi3.Parameter) bool {
				return known.Name == given.Value.Name && known.In == given.Value.In
			}) {
				all = append(all, given.Value)
			}
		}
	}
	return all
}

func described(o *openapi3.Operation) string {
	text := strings.TrimSpace(o.Summary + "\n" + o.Description)
	return strings.ToValidUTF8(text[:min(len(text), maxDescription)], "")
}

// short keeps an error of the library on one line: it quotes the document.
func short(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.ToValidUTF8(line[:min(len(line), 300)], "")
}
