package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Version is one published document, which never changes. Text is as it was written; empty in lists.
type Version struct {
	DocumentID  string
	Version     int32
	Text        string
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
func (d Documents) Publish(ctx context.Context, workspace, name string, revision int64, note string, by Actor) (v Version, err error) {
	err = d.change(ctx, workspace, name, revision, func(tx pgx.Tx) error {
		const statement = `WITH changed AS (UPDATE workflows SET published_version = published_version + 1
			WHERE id = $1 AND deleted_at IS NULL AND revision = $2 RETURNING *)` + insertVersion
		return tx.QueryRow(ctx, d.sql(statement), name, revision, note, by).Scan(append(v.targets(), &v.Text)...)
	})
	return v, err
}

// Rollback publishes an earlier version's document again, as the next version, and makes it the draft. Title and
// description are those of that document.
func (d Documents) Rollback(ctx context.Context, workspace, name string, version int32, title, description, note string, by Actor) (v Version, err error) {
	if !id.Valid(d.prefix, name) {
		return Version{}, d.missing(name)
	}
	err = database.InWorkspace(ctx, d.pool, workspace, func(tx pgx.Tx) error {
		const statement = `WITH changed AS (UPDATE workflows SET document = earlier.document, name = $5, description = $6,
				updated_by = $4, updated_at = now(), revision = revision + 1, published_version = published_version + 1
			FROM (SELECT document FROM workflow_versions WHERE workflow_id = $1 AND version = $2) AS earlier
			WHERE id = $1 AND deleted_at IS NULL RETURNING workflows.*)` + insertVersion
		return tx.QueryRow(ctx, d.sql(statement), name, version, note, by, title, description).Scan(append(v.targets(), &v.Text)...)
	})
	return v, orNotFound(err, d.noVersion(name, version))
}

// Version gives one version with its document; NewestVersion is the newest. Those of deleted workflows are not found.
func (d Documents) Version(ctx context.Context, workspace, name string, version int32) (Version, error) {
	return d.version(ctx, workspace, name, version, `AND deleted_at IS NULL`)
}

// PinnedVersion is Version for runs, which outlive their workflow's deletion.
func (d Documents) PinnedVersion(ctx context.Context, workspace, name string, version int32) (Version, error) {
	return d.version(ctx, workspace, name, version, ``)
}

func (d Documents) version(ctx context.Context, workspace, name string, version int32, condition string) (v Version, err error) {
	if !id.Valid(d.prefix, name) {
		return Version{}, d.missing(name)
	}
	query := `SELECT ` + versionColumns + `, document::text FROM workflow_versions WHERE workflow_id = $1 AND version =
		(SELECT coalesce(nullif($2::integer, 0), published_version) FROM workflows WHERE id = $1 ` + condition + `)`
	err = database.ReadRow(ctx, d.pool, workspace, append(v.targets(), &v.Text), d.sql(query), name, version)
	return v, orNotFound(err, d.noVersion(name, version))
}

// Versions lists at most limit versions below the one given, 0 being all, the newest first.
func (d Documents) Versions(ctx context.Context, workspace, name string, below int32, limit int) (versions []Version, err error) {
	if !id.Valid(d.prefix, name) {
		return nil, d.missing(name)
	}
	err = database.InWorkspace(ctx, d.pool, workspace, func(tx pgx.Tx) error {
		var found bool
		if err := tx.QueryRow(ctx, d.sql(`SELECT true FROM workflows WHERE id = $1 AND deleted_at IS NULL`), name).Scan(&found); err != nil {
			return orNotFound(err, d.missing(name))
		}
		const query = `SELECT ` + versionColumns + ` FROM workflow_versions WHERE workflow_id = $1 AND ($2 = 0::integer OR version < $2) ORDER BY version DESC LIMIT $3`
		rows, err := tx.Query(ctx, d.sql(query), name, below, limit)
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
	return []any{&v.DocumentID, &v.Version, &v.Note, &v.PublishedBy, &v.PublishedAt}
}

func (d Documents) noVersion(name string, version int32) error {
	if version == NewestVersion {
		return fmt.Errorf("a published version of %s %s was %w: publish its draft first", d.kind, name, ErrNotFound)
	}
	return fmt.Errorf("version %d of %s %s was %w", version, d.kind, name, ErrNotFound)
}

// PublishedVersion gives the newest published version, for what is to be run.
func (d Documents) PublishedVersion(ctx context.Context, workspace, name string) (version int, err error) {
	if !id.Valid(d.prefix, name) {
		return 0, d.missing(name)
	}
	err = database.ReadRow(ctx, d.pool, workspace, []any{&version}, d.sql(`SELECT published_version FROM workflows WHERE id = $1 AND deleted_at IS NULL`), name)
	if err == nil && version == 0 {
		return 0, fmt.Errorf("%s %q has no published version, publish it first: %w", d.kind, name, ErrConflict)
	}
	return version, orNotFound(err, d.missing(name))
}
