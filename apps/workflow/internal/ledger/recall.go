package ledger

import (
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// maxRecalled bounds what a step is given of its thread, in bytes of text: the newest. Agents show less to their models.
const maxRecalled = 512 << 10

// recall puts what an agent's thread holds into its config, so that every try of the step has the same.
func (c *change) recall(n *graph.Node, path string, config json.RawMessage) (json.RawMessage, *node.Failure, error) {
	if n.Type != typeAgent {
		return config, nil, nil
	}
	thread := threadOf(config)
	if thread == "" {
		return config, nil, nil
	}
	recalled, err := c.recalledBefore(path)
	if err == nil && recalled == nil {
		var now node.Recalled
		var failure *node.Failure
		if now, failure, err = c.remembered(thread); failure != nil {
			return nil, failure, err
		}
		recalled = json.RawMessage(encode(now))
	}
	if err != nil {
		return nil, nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, nil, err
	}
	fields["recalled"] = recalled
	return json.RawMessage(encode(fields)), nil, nil
}

// recalledBefore is what the step of the run that is replayed was given of its thread; nil: nothing, or this is no replay.
func (c *change) recalledBefore(path string) (recalled json.RawMessage, err error) {
	if c.run.replays == "" {
		return nil, nil
	}
	err = c.tx.QueryRow(c.ctx, `SELECT config->'recalled' FROM steps WHERE run_id = $1 AND path = $2`, c.run.replays, path).Scan((*[]byte)(&recalled))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return recalled, err
}

// threadOf is what an agent goes on with; empty: nothing. What else is wrong with a config, the agent says.
func threadOf(config json.RawMessage) string {
	var read struct {
		Memory struct {
			Thread string `json:"thread"`
		} `json:"memory"`
	}
	if json.Unmarshal(config, &read) != nil {
		return ""
	}
	return read.Memory.Thread
}

// remembered reads a thread's summary and the messages after it.
func (c *change) remembered(thread string) (r node.Recalled, failure *node.Failure, err error) {
	var through, last int64
	err = c.tx.QueryRow(c.ctx, `SELECT summary, summarized, last_seq FROM threads WHERE id = $1`, thread).Scan(&r.Summary, &through, &last)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, final(node.CodeInvalidInput, "there is no thread %.64q in this workspace: start the run with a thread, or leave memory.thread empty", thread), nil
	}
	if err == nil && last > store.MaxMessages-2 {
		return r, final(node.CodeTooLarge, "thread %s has %d messages, at most %d are allowed: begin a new one", thread, last, store.MaxMessages), nil
	}
	if err != nil {
		return r, nil, err
	}
	r.Messages = []node.RecalledSpeech{}
	err = each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var m node.RecalledSpeech
		err := rows.Scan(&m.Seq, &m.Role, &m.Text)
		r.Messages = append(r.Messages, m)
		return err
	}, `SELECT seq, role, text FROM (
  SELECT seq, role, text, sum(octet_length(text)) OVER (ORDER BY seq DESC) AS total FROM thread_messages WHERE thread_id = $1 AND seq > $2
) AS newest WHERE total <= $3 ORDER BY seq`, thread, through, maxRecalled)
	return r, nil, err
}

const saySQL = `WITH thread AS (
  UPDATE threads SET last_seq = last_seq + 2, updated_at = clock_timestamp(), summary = CASE WHEN $6 > summarized THEN $7 ELSE summary END, summarized = greatest(summarized, $6)
  WHERE id = $1 RETURNING id, workspace_id, last_seq
) INSERT INTO thread_messages (thread_id, workspace_id, run_id, step, seq, role, text)
SELECT id, workspace_id, $2, $3, last_seq - 1, 'user', $4::text FROM thread UNION ALL SELECT id, workspace_id, $2, $3, last_seq, 'assistant', $5::text FROM thread`

// say adds what a step's prompt and answer were to its thread. One that was deleted meanwhile gets nothing.
func (c *change) say(path string, s node.Said) {
	c.tx.Queue(saySQL, s.Thread, c.run.id, path, text(s.Prompt, store.MaxMessage), text(s.Answer, store.MaxMessage), s.Through, text(s.Summary, store.MaxMessage))
}

func final(code, format string, arguments ...any) *node.Failure {
	f := node.Fail(code, format, arguments...)
	f.Final = true
	return f
}
