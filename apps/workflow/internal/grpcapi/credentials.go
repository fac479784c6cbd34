package grpcapi

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Credentials is the CredentialService.
type Credentials struct {
	workflowv1.UnimplementedCredentialServiceServer
	store *store.Store
	vault *credential.Vault
}

// NewCredentials makes the service.
func NewCredentials(s *store.Store, vault *credential.Vault) *Credentials {
	return &Credentials{store: s, vault: vault}
}

// CreateCredential keeps a secret, sealed.
func (c *Credentials) CreateCredential(ctx context.Context, request *workflowv1.CreateCredentialRequest) (*workflowv1.CreateCredentialResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := credentialOf(request)
	if err != nil {
		return nil, err
	}
	wanted.ID, wanted.CreatedBy = id.New(id.Credential), store.ActorOf(caller)
	if wanted.Sealed, err = c.vault.Seal(caller.Workspace, wanted.ID, request.GetValue()); err != nil {
		return nil, err
	}
	created, err := c.store.CreateCredential(ctx, caller.Workspace, wanted)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateCredentialResponse{Credential: credentialMessage(created)}, nil
}

// GetCredential gives what may be shown of one.
func (c *Credentials) GetCredential(ctx context.Context, request *workflowv1.GetCredentialRequest) (*workflowv1.GetCredentialResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.store.Credential(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetCredentialResponse{Credential: credentialMessage(found)}, nil
}

// credentialList is the kind of the page tokens of ListCredentials.
const credentialList = "credentials"

// ListCredentials lists credentials, the newest first.
func (c *Credentials) ListCredentials(ctx context.Context, request *workflowv1.ListCredentialsRequest) (*workflowv1.ListCredentialsResponse, error) {
	page, next, err := list[store.Credential, *workflowv1.Credential]{
		credentialList, c.store.Credentials,
		func(one store.Credential) (time.Time, string) { return one.CreatedAt, one.ID }, credentialMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListCredentialsResponse{Credentials: page, NextToken: next}, nil
}

// DeleteCredential forgets a secret.
func (c *Credentials) DeleteCredential(ctx context.Context, request *workflowv1.DeleteCredentialRequest) (*workflowv1.DeleteCredentialResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &workflowv1.DeleteCredentialResponse{}, c.store.DeleteCredential(ctx, caller.Workspace, request.GetId())
}
