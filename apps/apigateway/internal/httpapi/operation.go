package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/internal/identity"
)

// Bounds of a request.
const (
	maxBody         = 1 << 20
	maxDocument     = 2 << 20
	requestDeadline = 30 * time.Second
)

// access is what an operation asks of its caller.
type access struct {
	public     bool                // no token
	permission identity.Permission // within a workspace; empty asks for a token alone
}

func anyone() access                            { return access{public: true} }
func signedIn() access                          { return access{} }
func may(permission identity.Permission) access { return access{permission: permission} }

// operation is everything about an operation beside its input and output.
type operation struct {
	id, method, path     string
	tag, summary, detail string
	access               access
	status               int           // of success; 0 is 200, or 204 without a body
	limit                int64         // bytes of the body; 0 is maxBody
	deadline             time.Duration // 0 is requestDeadline, less than 0 none
	errors               []int         // statuses beyond those that any operation may answer
	example              any           // of the request's body
	verbatim             bool          // the body goes to the engine as it was written, and the engine checks it
}

// repeatable says whether an Idempotency-Key makes the request safe to repeat.
func (o operation) repeatable() bool {
	return o.method == http.MethodPost && !o.access.public
}

// register adds an operation to the API and to its document. Errors of the handler become problems here.
func register[I, O any](s *Server, o operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, o.huma(s.api), func(ctx context.Context, input *I) (*O, error) {
		output, err := handle(ctx, input)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return output, nil
	})
	document(s.api.OpenAPI(), o)
}

// metadataKey is where huma's operation keeps ours.
const metadataKey = "operation"

func (o operation) huma(api huma.API) huma.Operation {
	registered := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, DefaultStatus: o.status,
		Tags: []string{o.tag}, Summary: o.summary, Description: o.detail,
		Metadata: map[string]any{metadataKey: o},
		// Both are taken care of before huma sees the body. Its own deadline would outlive the reading, and end
		// the request.
		BodyReadTimeout: -1, MaxBodyBytes: -1,
		RejectUnknownQueryParameters: true, SkipValidateBody: o.verbatim,
		Responses: problems(api, o),
	}
	if !o.access.public {
		registered.Security = []map[string][]string{{"token": {}}, {"api_key": {}}}
	}
	return registered
}

// problems documents the errors that an operation can answer.
func problems(api huma.API, o operation) map[string]*huma.Response {
	statuses := append([]int{http.StatusInternalServerError, http.StatusServiceUnavailable}, o.errors...)
	if !o.access.public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusTooManyRequests)
	}
	if o.access.permission != "" {
		statuses = append(statuses, http.StatusForbidden)
	}
	if o.method == http.MethodPost && !o.access.public {
		statuses = append(statuses, http.StatusConflict, http.StatusUnprocessableEntity)
	}
	schema := huma.SchemaFromType(api.OpenAPI().Components.Schemas, reflect.TypeFor[Problem]())
	responses := make(map[string]*huma.Response, len(statuses))
	for _, status := range statuses {
		responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
	return responses
}

// document adds what huma cannot read from types: the example of the body, and the header that makes a POST safe to
// repeat.
func document(api *huma.OpenAPI, o operation) {
	described := operationOf(api, o.method, o.path)
	if described.RequestBody != nil && o.example != nil {
		for _, media := range described.RequestBody.Content {
			media.Example = o.example
			if o.verbatim {
				media.Schema = &huma.Schema{Type: huma.TypeObject, Description: "As docs/workflow-document.md describes it; GET /v1/node-types has the schemas of the configs."}
			}
		}
	}
	if o.access.permission != "" && !strings.Contains(o.path, "{"+workspaceSegment+"}") {
		described.Parameters = append(described.Parameters, &huma.Param{
			Name: auth.WorkspaceHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The workspace to act in, for users who are members of several. An API key acts in its own.",
		})
	}
	if o.access.permission != "" {
		described.Extensions = map[string]any{"x-permission": o.access.permission}
	}
	if o.repeatable() {
		described.Parameters = append(described.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "Makes the request safe to repeat for 24 hours: the same key and body get the first answer again.",
		})
	}
}

func operationOf(api *huma.OpenAPI, method, path string) *huma.Operation {
	item := api.Paths[path]
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	default:
		return item.Delete
	}
}
