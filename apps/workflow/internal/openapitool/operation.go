package openapitool

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// operation is one of the document, with what it shares with others of its path.
type operation struct {
	*openapi3.Operation
	path, method string
	shared       openapi3.Parameters
}

// choose finds operations by their ids.
func choose(document *openapi3.T, names []string) (chosen []operation, err error) {
	if document.Paths.Len() == 0 {
		return nil, errors.New("document is no OpenAPI document with operations: it has no paths")
	}
	known := map[string]operation{}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == "" || method == http.MethodTrace || method == http.MethodConnect {
				continue
			}
			if _, twice := known[o.OperationID]; twice {
				return nil, fmt.Errorf("document has two operations %.100q: one of them needs another operationId", o.OperationID)
			}
			known[o.OperationID] = operation{path: path, method: method, shared: item.Parameters, Operation: o}
		}
	}
	for _, name := range names {
		found, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("document has no operation %.100q; it has %s", name, short(strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
		chosen = append(chosen, found)
	}
	return chosen, nil
}

// outline is the document with nothing but the chosen operations, and without schemas: the library would follow each use of a schema
// anew to all that it leads to, which takes minutes for a document of half a megabyte.
func outline(document *openapi3.T, chosen []operation) *openapi3.T {
	paths := openapi3.NewPaths()
	for _, o := range chosen {
		item := paths.Value(o.path)
		if item == nil {
			item = &openapi3.PathItem{}
			paths.Set(o.path, item)
		}
		plain := &openapi3.Operation{OperationID: o.OperationID, Responses: openapi3.NewResponses(openapi3.WithName("default", openapi3.NewResponse().WithDescription("")))}
		for _, given := range o.all() {
			of := *given
			of.Schema, of.Content, of.Example, of.Examples = &openapi3.SchemaRef{Value: &openapi3.Schema{}}, nil, nil, nil
			plain.Parameters = append(plain.Parameters, &openapi3.ParameterRef{Value: &of})
		}
		item.SetOperation(o.method, plain)
	}
	return &openapi3.T{OpenAPI: document.OpenAPI, Info: document.Info, Servers: document.Servers, Paths: paths}
}

func (o operation) tool(set Set, base string, known definitions) (tool, error) {
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
	made.Parameters, err = p.schema(known)
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
