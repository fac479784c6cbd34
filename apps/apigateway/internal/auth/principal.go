package auth

import (
	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/identity"
)

// Principal is who sent a request, before it is known in which workspace it acts.
type Principal struct {
	Subject string // the user's id in Supabase, or the API key's id
	Kind    string // identity.KindUser or identity.KindAPIKey
	Email   string // of a user, if the token has it

	workspace string // of an API key
	role      identity.Role
}

func principalOf(k accounts.Credential) Principal {
	return Principal{Subject: k.ID, Kind: identity.KindAPIKey, workspace: k.Workspace, role: k.Role}
}
