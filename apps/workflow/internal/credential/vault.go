// Package credential lets calls use the secrets of a workspace: opened for the one request that needs them, sent nowhere
// but where they belong, and taken out of what comes back.
package credential

import (
	"context"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/sealing"
)

// purpose is what secrets are sealed for.
const purpose = "credential"

// Vault opens what the database keeps sealed.
type Vault struct {
	store  *store.Store
	sealer *sealing.Sealer
}

// NewVault makes a vault. Nothing that it opens is kept.
func NewVault(s *store.Store, sealer *sealing.Sealer) *Vault { return &Vault{store: s, sealer: sealer} }

// Seal makes a secret storable under the id of its credential.
func (v *Vault) Seal(workspace, id, value string) ([]byte, error) {
	return v.sealer.Seal([]byte(value), place(workspace, id))
}

// Open gives a credential of the workspace; another's is not there.
func (v *Vault) Open(ctx context.Context, workspace, id string) (*Secret, *node.Failure) {
	stored, err := v.store.Credential(ctx, workspace, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, unusable("%v: create it, and name it in the workflow", err)
	}
	if err != nil {
		return nil, node.Fail(node.CodeCredential, "credential %s cannot be read at the moment", id)
	}
	value, err := v.sealer.Open(stored.Sealed, place(workspace, id))
	if err != nil {
		return nil, unusable("credential %s cannot be opened: the engine's key is not the one that it was stored with; store it again", id)
	}
	return newSecret(stored, string(value)), nil
}

func place(workspace, id string) sealing.Place {
	return sealing.Place{Workspace: workspace, Purpose: purpose, ID: id}
}

func unusable(format string, arguments ...any) *node.Failure {
	failure := node.Fail(node.CodeCredential, format, arguments...)
	failure.Final = true
	return failure
}
