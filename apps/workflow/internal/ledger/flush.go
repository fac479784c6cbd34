package ledger

import (
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
)

// flushSQL writes all rows of a change in one round trip, and gives the role back in the same (permissions were checked when the
// statement began; the workspace stays set, because PostgreSQL checks new rows against it after that). Values
// come as arrays of text: PostgreSQL then keeps each JSON value as it was written. They are read by subscript, because
// unnest of many arrays costs ten times as much for the few rows that there are. A run that is not as it was expected makes it divide by
// zero, which Outdated knows.
const flushSQL = `WITH step AS (
  INSERT INTO steps (run_id, workspace_id, path, scope, node_id, type, status, attempt, config, progress, port, output, output_artifact, failure,
    cost, input_tokens, output_tokens, model_calls, tool_calls, ended_at)
  SELECT $1, $2, ($3::text[])[i], ($4::text[])[i], ($5::text[])[i], ($6::text[])[i], ($7::text[])[i], ($8::int[])[i], ($9::text[])[i]::json, ($10::text[])[i]::jsonb,
    ($11::text[])[i], ($12::text[])[i]::json, ($13::text[])[i], ($14::text[])[i]::jsonb,
    ($15::bigint[])[i], ($16::bigint[])[i], ($17::bigint[])[i], ($18::bigint[])[i], ($19::bigint[])[i],
    CASE WHEN ($7::text[])[i] NOT IN ('running', 'waiting') THEN clock_timestamp() END
  FROM generate_series(1, cardinality($3::text[])) AS i
  ON CONFLICT (run_id, path) DO UPDATE SET status = excluded.status, attempt = excluded.attempt, config = coalesce(excluded.config, steps.config),
    progress = coalesce(excluded.progress, steps.progress), port = excluded.port, output = excluded.output, output_artifact = excluded.output_artifact,
    failure = excluded.failure, cost = steps.cost + excluded.cost, input_tokens = steps.input_tokens + excluded.input_tokens,
    output_tokens = steps.output_tokens + excluded.output_tokens, model_calls = steps.model_calls + excluded.model_calls,
    tool_calls = steps.tool_calls + excluded.tool_calls, ended_at = excluded.ended_at
), event AS (
  INSERT INTO events (run_id, workspace_id, seq, type, step, data)
  SELECT $1, $2, $20 + i, ($21::text[])[i], ($22::text[])[i], ($23::text[])[i]::json FROM generate_series(1, cardinality($21::text[])) AS i
), call AS (
  INSERT INTO calls (run_id, workspace_id, step, attempt, generation, number, kind, name, status, input_tokens, output_tokens, cost, failure, started_at, ended_at,
    digest, response, replayed)
  SELECT $1, $2, ($40::text[])[i], ($41::int[])[i], ($42::int[])[i], ($43::int[])[i], ($44::text[])[i], ($45::text[])[i], ($46::text[])[i],
    ($47::bigint[])[i], ($48::bigint[])[i], ($49::bigint[])[i], ($50::text[])[i]::jsonb, ($51::timestamptz[])[i], ($52::timestamptz[])[i],
    ($53::bytea[])[i], ($54::text[])[i]::json, ($55::bool[])[i]
  FROM generate_series(1, cardinality($40::text[])) AS i ON CONFLICT DO NOTHING
), run AS (
  UPDATE runs SET status = $24, generation = $25, last_seq = $26, outputs = CASE WHEN $29 THEN coalesce($27::json, outputs) END,
    failure = CASE WHEN $29 THEN coalesce($28::jsonb, failure) END, ended_at = CASE WHEN $29 THEN coalesce(ended_at, clock_timestamp()) END,
    reserved_cost = $30, reserved_tokens = $31, reserved_tool_calls = $32,
    cost = $33, input_tokens = $34, output_tokens = $35, model_calls = $36, tool_calls = $37, steps = $38
  WHERE id = $1 AND ($56::xid IS NULL OR xmin = $56) RETURNING id
)
SELECT pg_current_xact_id()::xid, 1 / (SELECT count(*) FROM run), CASE WHEN $39 THEN set_config('role', 'none', true) END`

// closeSQL ends a scope. One statement for several would find them by the run, and read every scope of a large loop.
const closeSQL = `UPDATE scopes SET status = $3, output = $4::text::json, failure = $5::text::jsonb WHERE run_id = $1 AND path = $2`

// flush writes what is planned. It may be called before the end, when a statement has to see it.
func (c *change) flush(last bool) {
	arguments := append([]any{c.run.id, c.run.workspace}, c.stepColumns()...)
	arguments = append(arguments, c.run.lastSeq)
	arguments = append(arguments, c.eventColumns()...)
	c.run.lastSeq += int64(len(c.events))
	r, u := &c.run, &c.run.usage
	arguments = append(arguments, r.status, r.generation, r.lastSeq, nullable(r.outputs), failureText(r.failure), r.status.Ended(),
		r.reserved.Cost, r.reserved.InputTokens, r.reserved.ToolCalls,
		u.Cost, u.InputTokens, u.OutputTokens, u.ModelCalls, u.ToolCalls, u.Steps, last)
	arguments = append(arguments, callColumns(c.calls)...)
	for _, s := range c.closed {
		c.tx.Queue(closeSQL, c.run.id, s.path, s.status, nullable(s.output), failureText(s.failure))
	}
	c.tx.Queue(flushSQL, append(arguments, c.expected)...).QueryRow(func(row pgx.Row) error { return row.Scan(c.version, nil, nil) })
	c.expected = nil // the row is this transaction's now
	c.steps, c.events, c.closed, c.calls = nil, nil, nil, nil
	clear(c.byPath)
}

func (c *change) stepColumns() []any {
	n := len(c.steps)
	path, scope, nodeID, kind, status, port := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	attempt := make([]int32, n)
	config, progress, output, artifact, failure := make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n)
	cost, in, out, model, tool := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, s := range c.steps {
		path[i], scope[i], nodeID[i], kind[i], status[i], port[i] = s.path, s.scope, s.node, s.kind, string(s.status), s.port
		attempt[i] = int32(s.attempt) //nolint:gosec // at most 20
		config[i], progress[i], output[i], failure[i] = nullable(s.config), nullable(s.progress), nullable(s.output.inline), failureText(s.failure)
		if s.output.artifact != "" {
			artifact[i] = &s.output.artifact
		}
		cost[i], in[i], out[i], model[i], tool[i] = s.usage.Cost, s.usage.InputTokens, s.usage.OutputTokens, s.usage.ModelCalls, s.usage.ToolCalls
	}
	return []any{path, scope, nodeID, kind, status, attempt, config, progress, port, output, artifact, failure, cost, in, out, model, tool}
}

func (c *change) eventColumns() []any {
	kind, path, data := make([]string, len(c.events)), make([]string, len(c.events)), make([]string, len(c.events))
	for i, e := range c.events {
		kind[i], path[i], data[i] = e.kind, e.step, string(clean(e.data))
	}
	return []any{kind, path, data}
}

func nullable(value json.RawMessage) *string {
	if value == nil {
		return nil
	}
	return new(string(value))
}

// failureText is for jsonb, which takes any text but NUL; told has taken that out.
func failureText(f any) *string {
	text := encode(f)
	if text == "null" {
		return nil
	}
	return &text
}

// cancelLive ends every live step, scope and approval at or below a place: "" is the whole run, else what is within the scope or step.
func (c *change) cancelLive(within string) error {
	c.flush(false)
	c.tx.Queue(`UPDATE approvals SET status = 'canceled' WHERE run_id = $1 AND status = 'pending' AND (step = $2 OR `+below("step")+`)`, c.run.id, within)
	c.tx.Queue(`UPDATE scopes SET status = 'canceled' WHERE run_id = $1 AND status = 'running' AND (path = $2 OR `+below("path")+`)`, c.run.id, within)
	for path, s := range c.scopes {
		if within == "" || path == within || strings.HasPrefix(path, within+"/") || strings.HasPrefix(path, within+"[") {
			s.status = interpreter.Canceled
		}
	}
	return each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var path string
		if err := rows.Scan(&path); err != nil {
			return err
		}
		c.log("step.canceled", path, struct{}{})
		c.forget(path)
		return nil
	}, `WITH ended AS (
    UPDATE steps SET status = 'canceled', ended_at = clock_timestamp() WHERE run_id = $1 AND status IN ('running', 'waiting') AND `+below("path")+` RETURNING path, position
  ) SELECT path FROM ended ORDER BY position`, c.run.id, within)
}

// forget keeps what was read in step with what was canceled by SQL.
func (c *change) forget(path string) {
	in, nodeID := split(path)
	if s, loaded := c.scopes[in]; loaded {
		if r := s.results[nodeID]; r != nil {
			r.Status = interpreter.Canceled
		}
	}
	delete(c.loops, path)
}

// below is the condition that a path is within the scope or step $2; "" is the whole run.
func below(column string) string {
	return `($2 = '' OR starts_with(` + column + `, $2 || '/') OR starts_with(` + column + `, $2 || '['))`
}
