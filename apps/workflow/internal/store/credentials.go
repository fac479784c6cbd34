package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Credential is a secret that calls need, with what may be known of it. Sealed is the secret; empty in lists.
type Credential struct {
	ID, Name         string
	Kind             string // bearer, header or basic
	Header, Username string
	Origins          []string
	Sealed           []byte
	CreatedBy        Actor
	CreatedAt        time.Time
}

const (
	credentialColumns = `id, name, kind, header, username, origins, created_by, created_at` //nolint:gosec // names of columns
	foreignKey        = "23503"                                                             // PostgreSQL's code for a row that others refer to
)

// CreateCredential keeps a credential under the id that its secret was sealed for.
func (s *Store) CreateCredential(ctx context.Context, workspace string, c Credential) (created Credential, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `INSERT INTO credentials (id, workspace_id, name, kind, header, username, origins, sealed, created_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ` + credentialColumns
		return tx.QueryRow(ctx, statement, c.ID, workspace, c.Name, c.Kind, c.Header, c.Username, c.Origins, c.Sealed, c.CreatedBy).Scan(created.targets()...)
	})
	return created, err
}

// Credential gives one credential with its sealed secret.
func (s *Store) Credential(ctx context.Context, workspace, credential string) (c Credential, err error) {
	if !id.Valid(id.Credential, credential) {
		return Credential{}, noCredential(credential)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+credentialColumns+`, sealed FROM credentials WHERE id = $1`, credential).Scan(append(c.targets(), &c.Sealed)...)
	})
	return c, orNotFound(err, noCredential(credential))
}

// Credentials lists at most limit credentials after the cursor, the newest first.
func (s *Store) Credentials(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]Credential, error) {
	return newest(ctx, s.pool, workspace, `SELECT `+credentialColumns+` FROM credentials`, &filter{}, after, limit, (*Credential).targets)
}

// DeleteCredential forgets a credential, unless an MCP server uses it.
func (s *Store) DeleteCredential(ctx context.Context, workspace, credential string) error {
	if !id.Valid(id.Credential, credential) {
		return noCredential(credential)
	}
	err := database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `DELETE FROM credentials WHERE id = $1 RETURNING id`, credential).Scan(&credential)
	})
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == foreignKey {
		return fmt.Errorf("credential %s is used by an MCP server; delete that first: %w", credential, ErrConflict)
	}
	return orNotFound(err, noCredential(credential))
}

// targets are where the credentialColumns go.
func (c *Credential) targets() []any {
	return []any{&c.ID, &c.Name, &c.Kind, &c.Header, &c.Username, &c.Origins, &c.CreatedBy, &c.CreatedAt}
}

func noCredential(credential string) error { return Missing("credential", credential) }
