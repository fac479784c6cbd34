package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Version is one published document, which never changes. Document is as it was written; empty in lists.
type Version struct {
	WorkflowID  string
	Version     int32
	Document    string
	Note        string
	PublishedBy Actor
	PublishedAt time.Time
}

const (
	// NewestVersion stands for the one that was published last.
	NewestVersion = 0

	versionColumns = `workflow_id, version, note, published_by, published_at`
	insertVersion  = ` INSERT INTO workflow_versions (workflow_id, version, workspace_id, document, note, published_by)
		SELECT id, published_version, workspace_id, document, $3, $4 FROM changed RETURNING ` + versionColumns + `, document::text`
)

// Publish makes the draft of that very revision the next version; the caller has checked it. Another revision
// is ErrStale.
func (s *Store) Publish(ctx context.Context, workspace, workflow string, revision int64, note string, by Actor) (v Version, err error) {
	err = s.change(ctx, workspace, workflow, revision, func(tx pgx.Tx) error {
		const statement = `WITH changed AS (UPDATE workflows SET published_version = published_version + 1
			WHERE id = $1 AND deleted_at IS NULL AND revision = $2 RETURNING *)` + insertVersion
		return tx.QueryRow(ctx, statement, workflow, revision, note, by).Scan(append(v.targets(), &v.Document)...)
	})
	return v, err
}

// Rollback publishes an earlier version's document again, as the next version, and makes it the draft. Name and
// description are those of that document.
func (s *Store) Rollback(ctx context.Context, workspace, workflow string, version int32, name, description, note string, by Actor) (v Version, err error) {
	if !id.Valid(id.Workflow, workflow) {
		return Version{}, noWorkflow(workflow)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `WITH changed AS (UPDATE workflows SET document = earlier.document, name = $5, description = $6,
				updated_by = $4, updated_at = now(), revision = revision + 1, published_version = published_version + 1
			FROM (SELECT document FROM workflow_versions WHERE workflow_id = $1 AND version = $2) AS earlier
			WHERE id = $1 AND deleted_at IS NULL RETURNING workflows.*)` + insertVersion
		return tx.QueryRow(ctx, statement, workflow, version, note, by, name, description).Scan(append(v.targets(), &v.Document)...)
	})
	return v, orNotFound(err, noVersion(workflow, version))
}

// Version gives one version with its document; NewestVersion is the newest. Those of deleted workflows are not found.
func (s *Store) Version(ctx context.Context, workspace, workflow string, version int32) (Version, error) {
	return s.version(ctx, workspace, workflow, version, `AND deleted_at IS NULL`)
}

// PinnedVersion is Version for runs, which outlive their workflow's deletion.
func (s *Store) PinnedVersion(ctx context.Context, workspace, workflow string, version int32) (Version, error) {
	return s.version(ctx, workspace, workflow, version, ``)
}

func (s *Store) version(ctx context.Context, workspace, workflow string, version int32, condition string) (v Version, err error) {
	if !id.Valid(id.Workflow, workflow) {
		return Version{}, noWorkflow(workflow)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		query := `SELECT ` + versionColumns + `, document::text FROM workflow_versions WHERE workflow_id = $1 AND version =
			(SELECT coalesce(nullif($2::integer, 0), published_version) FROM workflows WHERE id = $1 ` + condition + `)`
		return tx.QueryRow(ctx, query, workflow, version).Scan(append(v.targets(), &v.Document)...)
	})
	return v, orNotFound(err, noVersion(workflow, version))
}

// Versions lists at most limit versions below the one given, 0 being all, the newest first.
func (s *Store) Versions(ctx context.Context, workspace, workflow string, below int32, limit int) (versions []Version, err error) {
	if !id.Valid(id.Workflow, workflow) {
		return nil, noWorkflow(workflow)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		var found bool
		if err := tx.QueryRow(ctx, `SELECT true FROM workflows WHERE id = $1 AND deleted_at IS NULL`, workflow).Scan(&found); err != nil {
			return orNotFound(err, noWorkflow(workflow))
		}
		const query = `SELECT ` + versionColumns + ` FROM workflow_versions WHERE workflow_id = $1 AND ($2 = 0::integer OR version < $2) ORDER BY version DESC LIMIT $3`
		rows, err := tx.Query(ctx, query, workflow, below, limit)
		if err != nil {
			return err
		}
		versions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) { return v, row.Scan(v.targets()...) })
		return err
	})
	return versions, err
}

// targets are where the versionColumns go.
func (v *Version) targets() []any {
	return []any{&v.WorkflowID, &v.Version, &v.Note, &v.PublishedBy, &v.PublishedAt}
}

func noVersion(workflow string, version int32) error {
	if version == NewestVersion {
		return fmt.Errorf("a published version of workflow %s was %w: publish its draft first", workflow, ErrNotFound)
	}
	return fmt.Errorf("version %d of workflow %s was %w", version, workflow, ErrNotFound)
}
