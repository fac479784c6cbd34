package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// Bounds of what a person sends with a decision, in bytes.
const (
	maxComment = 10_000
	maxData    = 1 << 20
)

// Decision is what a person decided.
type Decision struct {
	Approval string          `json:"approval"`
	Digest   string          `json:"digest"`
	Status   string          `json:"status"` // approved, rejected or submitted
	Comment  string          `json:"comment"`
	Data     json.RawMessage `json:"data,omitempty"` // of submitted
	By       Actor           `json:"by"`
}

// asked is an approval's row, locked.
type asked struct {
	step, kind, status, digest, comment string
	form, by, data                      []byte
}

// Decide records the first decision and what follows from it.
func Decide(ctx context.Context, tx *Tx, plan Plan, workspace, runID string, d Decision) (Outcome, error) {
	c, err := begin(ctx, tx, plan, workspace, runID)
	if err != nil {
		return Outcome{}, err
	}
	var a asked
	err = tx.QueryRow(ctx, `SELECT step, kind, status, digest, comment, form, coalesce(decided_by, '{}'), data FROM approvals WHERE id = $1 AND run_id = $2 FOR UPDATE`, d.Approval, runID).
		Scan(&a.step, &a.kind, &a.status, &a.digest, &a.comment, &a.form, &a.by, &a.data)
	if errors.Is(err, pgx.ErrNoRows) {
		return Outcome{}, fmt.Errorf("approval %s: %w", d.Approval, ErrNotFound)
	}
	if err != nil {
		return Outcome{}, err
	}
	if err := a.check(&d); err != nil {
		return Outcome{}, err
	}
	if a.status != "pending" {
		if a.repeats(d) {
			return c.late()
		}
		return Outcome{}, fmt.Errorf("approval %s is %s already: %w", d.Approval, a.status, ErrConflict)
	}
	if c.run.status.Ended() {
		return Outcome{}, fmt.Errorf("run %s has ended, nothing is to be decided any more: %w", runID, ErrConflict)
	}
	c.saveDecision(d)
	if err := c.follow(a, d); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// check refuses what does not fit the question.
func (a *asked) check(d *Decision) error {
	switch {
	case d.Status != "rejected" && d.Status != map[string]string{typeApproval: "approved", typeInput: "submitted", kindToolCall: "approved"}[a.kind]:
		return invalid("/decision", problem.CodeUnknownValue, "an approval or a tool call can be approved or rejected, an input submitted or rejected; the kind of this is %s, got %q", a.kind, d.Status)
	case d.Digest != a.digest:
		return fmt.Errorf("approval %s is not what was shown: its digest is %s, got %q; look at it again: %w", d.Approval, a.digest, d.Digest, ErrConflict)
	case len(d.Comment) > maxComment:
		return invalid("/comment", problem.CodeTooLarge, "a comment may have at most %d bytes, got %d", maxComment, len(d.Comment))
	case len(d.Data) > maxData:
		return invalid("/data", problem.CodeTooLarge, "data may have at most %d bytes, got %d", maxData, len(d.Data))
	}
	d.Comment = text(d.Comment, maxComment)
	if d.Status != "submitted" {
		d.Data = nil
		return nil
	}
	d.Data = clean(d.Data)
	return checkForm(a.form, d.Data)
}

func checkForm(form, data []byte) error {
	if !json.Valid(data) {
		return invalid("/data", problem.CodeInvalidJSON, "data must be JSON")
	}
	if len(form) == 0 || string(form) == "null" {
		return nil
	}
	compiled, problems := schema.Compile(form)
	if len(problems) > 0 {
		return fmt.Errorf("the form's schema: %w", &Invalid{problems})
	}
	problems = compiled.Check(data)
	if len(problems) == 0 {
		return nil
	}
	for i := range problems {
		problems[i].Pointer = "/data" + problems[i].Pointer
	}
	return &Invalid{problems}
}

func (a *asked) repeats(d Decision) bool {
	var by Actor
	return json.Unmarshal(a.by, &by) == nil && by == d.By && a.status == d.Status && a.comment == d.Comment && string(a.data) == string(d.Data)
}

func (c *change) saveDecision(d Decision) {
	c.tx.Queue(`UPDATE approvals SET status = $2, decided_by = $3::text::jsonb, decided_at = clock_timestamp(), comment = $4, data = $5::text::json WHERE id = $1`,
		d.Approval, d.Status, encode(d.By), d.Comment, nullable(d.Data))
}

// follow gives the step that asked its result.
func (c *change) follow(a asked, d Decision) error {
	c.log("approval.decided", a.step, map[string]any{"approval": d.Approval, "decision": d.Status, "by": d.By, "comment": d.Comment})
	in, nodeID := split(a.step)
	s, err := c.scope(in)
	if err != nil {
		return err
	}
	if s == nil || s.results[nodeID] == nil || s.results[nodeID].Status != interpreter.Waiting {
		return nil
	}
	n, attempt := s.graph.Node(nodeID), s.results[nodeID].attempt
	c.queue = append(c.queue, pending{scope: in})
	switch {
	case a.kind == kindToolCall:
		return c.goOn(s, n, attempt)
	case a.kind == typeApproval:
		return c.decided(s, n, attempt, d.Status, d.By.Subject, d.Comment)
	case d.Status == "submitted":
		return c.complete(s, n, attempt, "", d.Data)
	default:
		f := node.Fail(node.CodeRejected, "%s did not fill in the form: %s", d.By.Subject, d.Comment)
		f.Final = true
		return c.fail(s, n, attempt, f)
	}
}
