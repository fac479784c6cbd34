package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Approval is one question to a person. Details, Form and Data are JSON as it was written; empty if there is none.
type Approval struct {
	ID, RunID, Step     string
	Kind, Status        string
	Title, Description  string
	Details, Form, Data string
	Digest              string
	RequestedAt         time.Time
	ExpiresAt           *time.Time
	DecidedBy           *Actor
	DecidedAt           *time.Time
	Comment             string
}

// ApprovalFilter says which approvals to list; empty fields let all through.
type ApprovalFilter struct {
	RunID    string
	Statuses []string
}

const approvalColumns = `id, run_id, step, kind, status, title, description, coalesce(details::text, '') AS details, coalesce(form::text, '') AS form,
	coalesce(data::text, '') AS data, digest, requested_at, expires_at, decided_by, decided_at, comment`

// Approval gives one approval.
func (s *Store) Approval(ctx context.Context, workspace, approval string) (a Approval, err error) {
	if !id.Valid(id.Approval, approval) {
		return Approval{}, Missing("approval", approval)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+approvalColumns+` FROM approvals WHERE id = $1`, approval).Scan(a.targets()...)
	})
	return a, orNotFound(err, Missing("approval", approval))
}

// Approvals lists approvals after the cursor, the newest first. More says that there are others after them.
func (s *Store) Approvals(ctx context.Context, workspace string, only ApprovalFilter, after paging.Cursor, bounds PageBounds) (approvals []Approval, more bool, err error) {
	f := &filter{}
	if only.RunID != "" && !id.Valid(id.Run, only.RunID) {
		return nil, false, nil // no run, so no approval of it
	}
	if only.RunID != "" {
		f.add("run_id = ?", only.RunID)
	}
	if len(only.Statuses) > 0 {
		f.add("status = ANY(?)", only.Statuses)
	}
	if !after.First() {
		f.add("(requested_at, id) < (?, ?)", after.Time, after.ID)
	}
	const order = "requested_at DESC, id DESC"
	inner := fmt.Sprintf(`SELECT %s FROM approvals%s ORDER BY %s LIMIT %d`, approvalColumns, f.where(), order, bounds.Rows+1)
	query := bounded(inner, order, "octet_length(details) + octet_length(form) + octet_length(data)", bounds.Bytes)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, f.arguments...)
		if err != nil {
			return err
		}
		approvals, more, err = collectPage(rows, bounds.Rows, (*Approval).targets)
		return err
	})
	return approvals, more, err
}

// targets are where the approvalColumns go.
func (a *Approval) targets() []any {
	return []any{
		&a.ID, &a.RunID, &a.Step, &a.Kind, &a.Status, &a.Title, &a.Description, &a.Details, &a.Form,
		&a.Data, &a.Digest, &a.RequestedAt, &a.ExpiresAt, &a.DecidedBy, &a.DecidedAt, &a.Comment,
	}
}
