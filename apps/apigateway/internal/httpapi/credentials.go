package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Credential is what may be shown of a secret that calls of workflows need.
type Credential struct {
	ID        string     `json:"id" example:"crd_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind" enum:"bearer,header,basic"`
	Header    string     `json:"header,omitempty"`
	Username  string     `json:"username,omitempty"`
	Origins   []string   `json:"origins" nullable:"false" example:"[\"https://api.example.com\"]" doc:"Where it may be sent, and nowhere else."`
	CreatedAt *time.Time `json:"created_at"`
	CreatedBy *Actor     `json:"created_by"`
}

func credential(c *workflowv1.Credential) Credential {
	return Credential{
		ID: c.GetId(), Name: c.GetName(), Kind: word(c.GetKind()), Header: c.GetHeader(), Username: c.GetUsername(), Origins: append([]string{}, c.GetOrigins()...),
		CreatedAt: moment(c.GetCreated().GetTime()), CreatedBy: actor(c.GetCreated()),
	}
}

// CredentialRequest is what a credential is made of. The value is in no answer.
type CredentialRequest struct {
	Name     string   `json:"name" minLength:"1" maxLength:"100"`
	Kind     string   `json:"kind" enum:"bearer,header,basic" doc:"How it is sent: Authorization: Bearer, a header of its own, or Authorization: Basic."`
	Header   string   `json:"header,omitempty" maxLength:"100" doc:"The header's name, for the kind header."`
	Username string   `json:"username,omitempty" maxLength:"100" doc:"For the kind basic."`
	Origins  []string `json:"origins" minItems:"1" maxItems:"20" nullable:"false" doc:"Where it may be sent: scheme, host and perhaps port."`
	Value    string   `json:"value" writeOnly:"true" doc:"The secret itself, 8 to 4096 characters; the password, for the kind basic. It is stored sealed and never shown again."`
}

// CredentialPath names a credential.
type CredentialPath struct {
	ID string `path:"id" maxLength:"64" example:"crd_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type credentialOutput struct {
	Location string `header:"Location" doc:"Where the new credential is."`
	Body     Credential
}

func (s *Server) credentials() {
	tag := "Credentials"
	register(s, operation{
		id: "create-credential", method: http.MethodPost, path: "/v1/credentials", tag: tag, summary: "Store a secret that calls of workflows need",
		detail: "http nodes and tools name it by its id. The secret joins their request when it is sent, to one of the origins, and is taken out of the answer.",
		access: may(identity.ToolsWrite), status: http.StatusCreated,
		example: map[string]any{"name": "Issue tracker", "kind": "bearer", "origins": []string{"https://api.example.com"}, "value": "the token"},
	}, s.createCredential)
	register(s, operation{
		id: "list-credentials", method: http.MethodGet, path: "/v1/credentials", tag: tag, summary: "List credentials, the newest first",
		access: may(identity.ToolsRead),
	}, func(ctx context.Context, in *Paging) (*listOutput[Credential], error) {
		answer, err := s.engine.Credentials.ListCredentials(ctx, &workflowv1.ListCredentialsRequest{Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetCredentials(), answer.GetNextToken(), credential), nil
	})
	register(s, operation{
		id: "get-credential", method: http.MethodGet, path: "/v1/credentials/{id}", tag: tag, summary: "Get a credential, without its secret",
		access: may(identity.ToolsRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *CredentialPath) (*credentialOutput, error) {
		answer, err := s.engine.Credentials.GetCredential(ctx, &workflowv1.GetCredentialRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return &credentialOutput{Body: credential(answer.GetCredential())}, nil
	})
	register(s, operation{
		id: "delete-credential", method: http.MethodDelete, path: "/v1/credentials/{id}", tag: tag, summary: "Forget a secret",
		detail: "Calls that name it fail from then on. 409 while an MCP server uses it.",
		access: may(identity.ToolsWrite), errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *CredentialPath) (*struct{}, error) {
		_, err := s.engine.Credentials.DeleteCredential(ctx, &workflowv1.DeleteCredentialRequest{Id: in.ID})
		return nil, err
	})
}

func (s *Server) createCredential(ctx context.Context, in *struct{ Body CredentialRequest }) (*credentialOutput, error) {
	kind := values[workflowv1.CredentialKind]([]string{in.Body.Kind})
	answer, err := s.engine.Credentials.CreateCredential(ctx, &workflowv1.CreateCredentialRequest{
		Name: in.Body.Name, Kind: kind[0], Header: in.Body.Header, Username: in.Body.Username, Origins: in.Body.Origins, Value: in.Body.Value,
	})
	if err != nil {
		return nil, err
	}
	made := credential(answer.GetCredential())
	return &credentialOutput{Location: "/v1/credentials/" + made.ID, Body: made}, nil
}
