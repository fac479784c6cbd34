package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Artifact is a value that was too large to stand in a step.
type Artifact struct {
	ID, RunID, MediaType string
	Content              []byte
}

// Artifact gives one artifact whole; it has at most 4 MiB.
func (s *Store) Artifact(ctx context.Context, workspace, artifact string) (a Artifact, err error) {
	if !id.Valid(id.Artifact, artifact) {
		return Artifact{}, Missing("artifact", artifact)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT id, run_id, media_type, content FROM artifacts WHERE id = $1`, artifact).
			Scan(&a.ID, &a.RunID, &a.MediaType, &a.Content)
	})
	return a, orNotFound(err, Missing("artifact", artifact))
}
