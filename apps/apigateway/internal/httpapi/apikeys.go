package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/identity"
)

// APIKey is a program's way into a workspace.
type APIKey struct {
	ID         string        `json:"id" example:"key_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Name       string        `json:"name"`
	Hint       string        `json:"hint" doc:"The key's last characters, to tell keys apart."`
	Role       identity.Role `json:"role" enum:"admin,editor,operator,viewer"`
	CreatedBy  string        `json:"created_by"`
	CreatedAt  time.Time     `json:"created_at"`
	ExpiresAt  *time.Time    `json:"expires_at,omitempty"`
	RevokedAt  *time.Time    `json:"revoked_at,omitempty"`
	LastUsedAt *time.Time    `json:"last_used_at,omitempty" doc:"At most a minute old."`
	Secret     string        `json:"secret,omitempty" example:"atk_…" doc:"The key itself. Only in the answer to its creation: it is kept nowhere."`
}

func apiKey(k accounts.Key) APIKey {
	return APIKey{
		ID: k.ID, Name: k.Name, Hint: k.Hint, Role: k.Role, CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt.UTC(),
		ExpiresAt: utc(k.ExpiresAt), RevokedAt: utc(k.RevokedAt), LastUsedAt: utc(k.LastUsedAt),
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// APIKeyRequest is what a key is made of.
type APIKeyRequest struct {
	Name      string        `json:"name" minLength:"1" maxLength:"100"`
	Role      identity.Role `json:"role" enum:"admin,editor,operator,viewer" doc:"At most what the caller's own role allows."`
	ExpiresAt *time.Time    `json:"expires_at,omitempty" doc:"Never, without it."`
}

// KeyPath names an API key.
type KeyPath struct {
	ID string `path:"id" maxLength:"64" example:"key_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type keyOutput struct {
	Location string `header:"Location"`
	Body     APIKey
}

func (s *Server) apiKeys() {
	tag := "API keys"
	register(s, operation{
		id: "list-api-keys", method: http.MethodGet, path: "/v1/api-keys", tag: tag, summary: "List the workspace's API keys, the newest first",
		access: may(identity.KeysManage),
	}, func(ctx context.Context, _ *struct{}) (*listOutput[APIKey], error) {
		found, err := s.accounts.Keys(ctx, callerOf(ctx))
		return listOf(found, "", apiKey), err
	})
	register(s, operation{
		id: "create-api-key", method: http.MethodPost, path: "/v1/api-keys", tag: tag, summary: "Create an API key",
		detail: "The answer holds the key, this once: repeated with its Idempotency-Key, it is 409.",
		access: may(identity.KeysManage), status: http.StatusCreated, example: map[string]any{"name": "CI", "role": "operator"},
	}, func(ctx context.Context, in *struct{ Body APIKeyRequest }) (*keyOutput, error) {
		made, secret, err := s.accounts.CreateKey(ctx, callerOf(ctx), accounts.NewKey{Name: in.Body.Name, Role: in.Body.Role, ExpiresAt: in.Body.ExpiresAt})
		out := &keyOutput{Location: "/v1/api-keys/" + made.ID, Body: apiKey(made)}
		out.Body.Secret = secret
		return out, err
	})
	register(s, operation{
		id: "get-api-key", method: http.MethodGet, path: "/v1/api-keys/{id}", tag: tag, summary: "Get an API key",
		access: may(identity.KeysManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *KeyPath) (*keyOutput, error) {
		found, err := s.accounts.Key(ctx, callerOf(ctx), in.ID)
		return &keyOutput{Body: apiKey(found)}, err
	})
	register(s, operation{
		id: "delete-api-key", method: http.MethodDelete, path: "/v1/api-keys/{id}", tag: tag, summary: "Revoke an API key",
		detail: "It stops to work at once, within a minute if Redis is away.",
		access: may(identity.KeysManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *KeyPath) (*struct{}, error) {
		return nil, s.accounts.RevokeKey(ctx, callerOf(ctx), in.ID)
	})
}
