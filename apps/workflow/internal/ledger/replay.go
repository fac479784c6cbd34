package ledger

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const decidedBeforeSQL = `SELECT status, comment, coalesce(data::text, ''), decided_by FROM approvals
WHERE run_id = $1 AND step = $2 AND title = $3 AND description = $4 AND coalesce(details::text, '') = $5 AND coalesce(form::text, '') = $6
  AND status IN ('approved', 'rejected', 'submitted') ORDER BY decided_at DESC LIMIT 1`

// decidedBefore takes the decision of the run that is replayed, if that asked a person the same at the same step. Else a person is
// asked, as in any run.
func (c *change) decidedBefore(approval, path, kind string, q question) error {
	if c.run.replays == "" {
		return nil
	}
	d := Decision{Approval: approval}
	var data string
	var by []byte
	err := c.tx.QueryRow(c.ctx, decidedBeforeSQL, c.run.replays, path, q.Title, q.Description, string(q.Details), string(q.Schema)).Scan(&d.Status, &d.Comment, &data, &by)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(by, &d.By); err != nil {
		return fmt.Errorf("who decided %s of run %s: %w", path, c.run.replays, err)
	}
	if data != "" {
		d.Data = json.RawMessage(data)
	}
	c.saveDecision(d)
	return c.follow(asked{step: path, kind: kind}, d)
}
