// Package openapitool makes tools of type http of the operations that an OpenAPI document describes, as a pure function of
// the document: what is published is what is called.
package openapitool

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
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

// Bounds of what models read.
const (
	maxDescription = 4 << 10 // bytes about an operation
	maxBytes       = 1 << 20 // of all tools of a set: each has the schemas with it that it leads to
	maxShown       = 300     // bytes of what an error quotes
)

// Tools gives the chosen operations in the order in which they are named. Their schemas are the compiler's to check, as those of all tools.
func Tools(set Set) ([]json.RawMessage, error) {
	loader := openapi3.NewLoader() // which follows no reference out of the document
	document, err := loader.LoadFromData(set.Document)
	if err != nil {
		return nil, fmt.Errorf("document is no OpenAPI document that stands by itself: %s", short(err.Error()))
	}
	chosen, err := choose(document, set.Operations)
	if err != nil {
		return nil, err
	}
	if err := outline(document, chosen).Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("document is no valid OpenAPI document: %s", short(err.Error()))
	}
	base, err := baseOf(set.BaseURL, document)
	if err != nil {
		return nil, err
	}
	known, err := definitionsOf(document)
	if err != nil {
		return nil, err
	}
	return written(set, base, chosen, known)
}

func written(set Set, base string, chosen []operation, known definitions) (tools []json.RawMessage, err error) {
	size := 0
	for _, o := range chosen {
		made, err := o.tool(set, base, known)
		if err != nil {
			return nil, fmt.Errorf("operation %s: %w", o.OperationID, err)
		}
		encoded, err := json.Marshal(made)
		if err != nil {
			return nil, err
		}
		if size += len(encoded); size > maxBytes {
			return nil, fmt.Errorf("the tools of %d operations, with all schemas that they lead to, have more than %d bytes: choose fewer, or take out of the document what they do not need",
				len(chosen), maxBytes)
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

// short keeps on one line what quotes the document.
func short(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.ToValidUTF8(strings.ReplaceAll(line[:min(len(line), maxShown)], "\r", ""), "")
}
