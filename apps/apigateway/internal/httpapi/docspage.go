package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docs is the API's document as its page shows it.
type docs struct {
	Title, Version, Description string
	Groups                      []docsGroup
	Schemas                     []docsSchema
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	*huma.Operation
	Permission string
	Requires   string // what it asks of the caller
	Example    string
	Answers    []docsAnswer
	Fields     []docsField // of the body
}

type docsAnswer struct {
	Status, Description, Schema string
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

type docsField struct {
	Name, Type, Schema, Doc string // Schema is the name of the one that its values have
	Required                bool
}

// pageOf groups the operations by tag, in the order of their registration within a path's alphabet.
func pageOf(api *huma.OpenAPI) docs {
	page := docs{Title: api.Info.Title, Version: api.Info.Version, Description: api.Info.Description}
	groups := map[string]*docsGroup{}
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		item := api.Paths[path]
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			tag := o.Tags[0]
			if groups[tag] == nil {
				groups[tag] = &docsGroup{Name: tag}
			}
			groups[tag].Operations = append(groups[tag].Operations, describeOperation(api, o))
		}
	}
	for _, name := range []string{"Me", "Workspaces", "API keys", "Workflows", "Versions", "Agents", "Nodes", "Runs",
		"Evaluations", "Approvals", "Credentials", "MCP servers", "Schedules", "Webhooks", "Webhook endpoints", "Threads", "Memory", "Documents", "Usage", "Service"} {
		if groups[name] != nil {
			page.Groups = append(page.Groups, *groups[name])
		}
	}
	schemas := api.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		page.Schemas = append(page.Schemas, docsSchema{Name: name, Fields: fields(schemas[name])})
	}
	return page
}

func describeOperation(api *huma.OpenAPI, o *huma.Operation) docsOperation {
	described := docsOperation{Operation: o, Requires: "a token"}
	own, _ := o.Metadata[metadataKey].(operation)
	switch {
	case own.access.public:
		described.Requires = "nothing"
	case own.access.permission != "":
		described.Requires = "the permission " + string(own.access.permission)
	}
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Content {
			described.Example = exampleText(media.Example)
			described.Fields = fields(resolved(api, media.Schema))
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		answer := docsAnswer{Status: status, Description: o.Responses[status].Description}
		for _, media := range o.Responses[status].Content {
			if media.Schema != nil && media.Schema.Ref != "" {
				answer.Schema = media.Schema.Ref
			}
		}
		described.Answers = append(described.Answers, answer)
	}
	return described
}

func resolved(api *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func fields(s *huma.Schema) (found []docsField) {
	if s == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		found = append(found, docsField{
			Name: name, Type: typeText(p), Schema: reference(p), Doc: docText(p), Required: slices.Contains(s.Required, name),
		})
	}
	return found
}

func reference(s *huma.Schema) string {
	if s.Items != nil && s.Items.Ref != "" {
		return s.Items.Ref
	}
	return s.Ref
}

func typeText(s *huma.Schema) string {
	kind := s.Type
	switch {
	case s.Ref != "":
		kind = ""
	case s.Items != nil && s.Items.Ref != "":
		kind = "list of"
	case s.Items != nil:
		kind = "list of " + s.Items.Type
	case kind == "":
		kind = "any JSON"
	case s.Format != "":
		kind += " (" + s.Format + ")"
	}
	return kind
}

func docText(s *huma.Schema) string {
	text := s.Description
	values := s.Enum
	if s.Items != nil && len(values) == 0 {
		values = s.Items.Enum
	}
	if len(values) > 0 {
		words := make([]string, len(values))
		for i, v := range values {
			words[i] = fmt.Sprint(v)
		}
		text = strings.TrimSpace(text + " One of " + strings.Join(words, ", ") + ".")
	}
	return text
}

func exampleText(example any) string {
	if example == nil {
		return ""
	}
	text, err := json.Marshal(example)
	if err != nil {
		return ""
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		return ""
	}
	return indented.String()
}
