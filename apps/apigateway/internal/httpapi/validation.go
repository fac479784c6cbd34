package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/agentteam/agentteam/internal/telemetry"
)

// completed is the last hand on every body that huma sends: its own errors become problems, and problems
// get the request's id.
func completed(ctx huma.Context, _ string, body any) (any, error) {
	if own, ok := body.(*huma.ErrorModel); ok {
		body = translated(own)
	}
	if p, ok := body.(*Problem); ok {
		p.RequestID = telemetry.RequestID(ctx.Context())
	}
	return body, nil
}

// translated says what huma says in our shape. It drops the values that huma quotes: one may be a secret.
func translated(own *huma.ErrorModel) *Problem {
	p := newProblem(own.Status, statusCode(own.Status), "the request does not fit its schema; see errors")
	if len(own.Errors) == 0 {
		p.Detail = own.Detail
	}
	for _, e := range own.Errors {
		p.Errors = append(p.Errors, item(e))
	}
	return p
}

func statusCode(status int) string {
	switch status {
	case http.StatusBadRequest:
		return codeBadRequest
	case http.StatusUnsupportedMediaType:
		return codeMediaType
	case http.StatusUnprocessableEntity:
		return codeInvalid
	case http.StatusRequestEntityTooLarge:
		return codeTooLarge
	default:
		return codeInternal
	}
}

func item(e *huma.ErrorDetail) ProblemItem {
	found := ProblemItem{Message: e.Message, Code: faultCode(e.Message)}
	place, rest, _ := strings.Cut(e.Location, ".")
	if place == "query" || place == "path" || place == "header" {
		found.Parameter = rest
		return found
	}
	found.Pointer = pointer(strings.TrimPrefix(e.Location, "body"))
	return found
}

// pointer makes ".items[3].tags" the JSON pointer "/items/3/tags". The names in our bodies hold none of
// the characters that either way of writing would escape.
func pointer(location string) string {
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(location)
}

func faultCode(message string) string {
	required, _, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	switch {
	case message == validation.MsgUnexpectedProperty:
		return "unknown_field"
	case strings.HasPrefix(message, required):
		return "missing_field"
	default:
		return "invalid_value"
	}
}
