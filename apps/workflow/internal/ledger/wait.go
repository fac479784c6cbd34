package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
)

// maxWait bounds waits and expiries: a year.
const maxWait = 8760 * time.Hour

// startWait lets a step wait for a time.
func (c *change) startWait(s *scope, n *graph.Node, attempt int, config json.RawMessage) error {
	until, failure := c.waitUntil(config)
	if failure != nil {
		return c.fail(s, n, attempt, failure)
	}
	path := join(s.path, n.ID)
	data := json.RawMessage(encode(map[string]any{"until": until}))
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: attempt, config: clean(config), progress: data}, nil)
	c.log("step.waiting", path, data)
	c.task(Task{Kind: Wait, Path: path, Attempt: attempt, After: max(until.Sub(c.run.now), time.Millisecond)})
	return nil
}

func (c *change) waitUntil(config json.RawMessage) (time.Time, *node.Failure) {
	var resolved struct{ Duration, Until string }
	if err := json.Unmarshal(config, &resolved); err != nil {
		return time.Time{}, node.Fail(node.CodeInvalidInput, "the config cannot be read: %v", err)
	}
	until := c.run.now.UTC()
	if resolved.Duration != "" {
		d, failure := duration("duration", resolved.Duration)
		return until.Add(d), failure
	}
	until, err := time.Parse(time.RFC3339, resolved.Until)
	if err != nil {
		return until, node.Fail(node.CodeInvalidInput, "until must be a time as 2026-11-22T18:00:00Z (RFC 3339), got %q", text(resolved.Until, 100))
	}
	if until.Sub(c.run.now) > maxWait {
		return until, node.Fail(node.CodeInvalidInput, "until must be within %s from now, got %s", maxWait, until)
	}
	return until, nil
}

func duration(name, value string) (time.Duration, *node.Failure) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxWait {
		return 0, node.Fail(node.CodeInvalidInput, "%s must be from 0s to %s, as 90s or 24h, got %q", name, maxWait, text(value, 100))
	}
	return d, nil
}

// question is what an approval or input node asks.
type question struct {
	Title, Description string
	Details, Schema    json.RawMessage
	ExpiresIn          string `json:"expires_in"`
	OnExpiry           string `json:"on_expiry"`
}

// ask lets a step wait for a person.
func (c *change) ask(s *scope, n *graph.Node, attempt int, config json.RawMessage) error {
	var q question
	if err := json.Unmarshal(config, &q); err != nil {
		return c.fail(s, n, attempt, node.Fail(node.CodeInvalidInput, "the config cannot be read: %v", err))
	}
	q.Title, q.Description = text(q.Title, 1000), text(q.Description, 100_000)
	path := join(s.path, n.ID)
	approval := id.New(id.Approval)
	var expires *time.Time
	if q.ExpiresIn != "" {
		d, failure := duration("expires_in", q.ExpiresIn)
		if failure != nil {
			return c.fail(s, n, attempt, failure)
		}
		expires = new(c.run.now.UTC().Add(d))
		c.task(Task{Kind: Expire, Path: path, Attempt: attempt, After: max(d, time.Millisecond)})
	}
	digest := digest(c.run.id, path, attempt, q)
	c.tx.Queue(`INSERT INTO approvals (id, workspace_id, run_id, step, kind, status, title, description, details, form, digest, expires_at)
VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8::text::json, $9::text::json, $10, $11)`,
		approval, c.run.workspace, c.run.id, path, n.Type, q.Title, q.Description, nullable(q.Details), nullable(q.Schema), digest, expires)
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: attempt, config: clean(config)}, nil)
	data := map[string]any{"approval": approval, "kind": n.Type, "title": q.Title, "digest": digest}
	if expires != nil {
		data["expires_at"] = expires
	}
	c.log("approval.requested", path, data)
	return c.decidedBefore(approval, path, n.Type, q)
}

// digest binds a decision to what it is about, as proto/workflow/v1/approval.proto lists it.
func digest(run, path string, attempt int, q question) string {
	sum := sha256.Sum256([]byte(encode([]any{run, path, attempt, q.Title, q.Description, q.Details, q.Schema})))
	return hex.EncodeToString(sum[:])
}
