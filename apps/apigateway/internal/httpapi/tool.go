package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// tool is what an agent is told about a tool beside the schemas of its input and output.
type tool struct {
	name, title, detail string
	hints               mcp.ToolAnnotations
}

// reads are the hints of a tool that changes nothing.
func reads() mcp.ToolAnnotations {
	return mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(false), OpenWorldHint: new(false)}
}

// offer adds a tool. Schemas come from Go types as those of the HTTP API do, and what is wrong with a call is said in the same words:
// in the result, for the model to read. Errors of the protocol are left to messages that are none of it.
func offer[I, O any](s *Server, to *mcp.Server, t tool, handle func(context.Context, *toolCall, I) (O, error)) {
	takes, gives := inlined{}.object(reflect.TypeFor[I]()), inlined{}.object(reflect.TypeFor[O]())
	t.hints.Title = t.title
	described := &mcp.Tool{Name: t.name, Title: t.title, Description: t.detail, InputSchema: takes, OutputSchema: gives, Annotations: &t.hints}
	to.AddTool(described, func(ctx context.Context, request *mcp.CallToolRequest) (result *mcp.CallToolResult, _ error) {
		defer func() {
			if panicked := recover(); panicked != nil { // here it would end the process: net/http is not above
				s.log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
				result = toolFailure(internalProblem())
			}
		}()
		input, err := decoded[I](takes, request.Params.Arguments)
		if err != nil {
			return toolFailure(s.problemOf(ctx, err)), nil
		}
		output, err := handle(ctx, &toolCall{server: s, request: request}, input)
		if err != nil {
			return toolFailure(s.problemOf(ctx, err)), nil
		}
		return toolSuccess(output)
	})
}

// decoded checks arguments and reads them. They are read as they were written, so that numbers of a run's inputs stay exact.
func decoded[I any](schema *huma.Schema, arguments json.RawMessage) (input I, err error) {
	if len(arguments) == 0 {
		arguments = json.RawMessage("{}")
	}
	var given any
	if err := json.Unmarshal(arguments, &given); err != nil {
		return input, newProblem(http.StatusBadRequest, codeBadRequest, "the arguments must be a JSON object")
	}
	place, found := huma.NewPathBuffer(nil, 0), &huma.ValidateResult{}
	place.Push("body")
	huma.Validate(nil, schema, place, huma.ModeWriteToServer, given, found)
	if len(found.Errors) == 0 {
		err = unfitting(json.Unmarshal(arguments, &input))
		return input, err
	}
	p := newProblem(http.StatusUnprocessableEntity, codeInvalid, "the arguments do not fit the tool's input schema")
	for _, fault := range found.Errors {
		if detail, ok := errors.AsType[*huma.ErrorDetail](fault); ok {
			p.Errors = append(p.Errors, item(detail))
		}
	}
	return input, p
}

// unfitting is for what a schema does not tell: a number that is too large for its type.
func unfitting(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	p := newProblem(http.StatusUnprocessableEntity, codeInvalid, "the arguments do not fit the tool's input schema")
	p.Errors = []ProblemItem{{Pointer: "/" + strings.ReplaceAll(wrong.Field, ".", "/"), Message: "cannot be this " + wrong.Value, Code: "invalid_value"}}
	return p
}

// toolSuccess gives the output as data, and as text for clients that know no data.
func toolSuccess(output any) (*mcp.CallToolResult, error) {
	text, err := written(output)
	if err != nil {
		return nil, err
	}
	return &mcp.CallToolResult{StructuredContent: json.RawMessage(text), Content: []mcp.Content{&mcp.TextContent{Text: string(text)}}}, nil
}

// written is JSON as the HTTP API writes it: < and > stay what they are.
func written(value any) ([]byte, error) {
	var text bytes.Buffer
	err := huma.DefaultJSONFormat.Marshal(&text, value)
	return bytes.TrimSpace(text.Bytes()), err
}

// toolFailure says a problem in lines that a model can act upon.
func toolFailure(p *Problem) *mcp.CallToolResult {
	lines := []string{p.Code + ": " + p.Detail}
	for _, e := range p.Errors {
		lines = append(lines, "- "+e.Pointer+e.Parameter+": "+e.Message)
	}
	if p.retryAfter > 0 {
		lines = append(lines, fmt.Sprintf("Try again in %s.", p.retryAfter.Round(time.Second)))
	}
	if p.RequestID != "" {
		lines = append(lines, "Request "+p.RequestID+".")
	}
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: strings.Join(lines, "\n")}}}
}

// inlined makes schemas without references, which not every client of the protocol resolves.
type inlined struct{ huma.Registry }

// Schema is part of huma's interface.
func (in inlined) Schema(of reflect.Type, _ bool, _ string) *huma.Schema {
	return huma.SchemaFromType(in, of)
}

func (in inlined) object(of reflect.Type) *huma.Schema { return in.Schema(of, false, "") }
