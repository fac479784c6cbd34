package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Message is one thing that was said in a thread. RunID and Step are empty if no agent added it.
type Message struct {
	Seq         int64
	Role, Text  string
	RunID, Step string
	CreatedAt   time.Time
}

const messageColumns = `seq, role, text, run_id, step, created_at`

func (m *Message) targets() []any {
	return []any{&m.Seq, &m.Role, &m.Text, &m.RunID, &m.Step, &m.CreatedAt}
}

// Messages lists messages of a thread with greater numbers, in their order. More says that there are others after them.
func (s *Store) Messages(ctx context.Context, workspace, thread string, after int64, bounds PageBounds) (messages []Message, more bool, err error) {
	if _, err := s.Thread(ctx, workspace, thread); err != nil {
		return nil, false, err
	}
	inner := fmt.Sprintf(`SELECT %s FROM thread_messages WHERE thread_id = $1 AND seq > $2 ORDER BY seq LIMIT %d`, messageColumns, bounds.Rows+1)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, bounded(inner, "seq", "octet_length(text)", bounds.Bytes), thread, after)
		if err != nil {
			return err
		}
		messages, more, err = collectPage(rows, bounds.Rows, (*Message).targets)
		return err
	})
	return messages, more, err
}

const appendSQL = `WITH thread AS (
  UPDATE threads SET last_seq = last_seq + cardinality($2::text[]), updated_at = clock_timestamp() WHERE id = $1 RETURNING id, workspace_id, last_seq - cardinality($2::text[]) AS before
) INSERT INTO thread_messages (thread_id, workspace_id, seq, role, text)
SELECT thread.id, thread.workspace_id, thread.before + said.i, said.role, said.text FROM thread, unnest($2::text[], $3::text[]) WITH ORDINALITY AS said (role, text, i)
RETURNING ` + messageColumns

// AppendMessages adds messages at a thread's end.
func (s *Store) AppendMessages(ctx context.Context, workspace, thread string, said []Message) (messages []Message, err error) {
	if !id.Valid(id.Thread, thread) {
		return nil, noThread(thread)
	}
	roles, texts := make([]string, len(said)), make([]string, len(said))
	for i, m := range said {
		roles[i], texts[i] = m.Role, m.Text
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, appendSQL, thread, roles, texts)
		if err != nil {
			return err
		}
		messages, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Message, err error) { return m, row.Scan(m.targets()...) })
		if err == nil && len(messages) == 0 {
			return noThread(thread)
		}
		if err == nil && messages[len(messages)-1].Seq > MaxMessages {
			return fmt.Errorf("thread %s would have %d messages, at most %d are allowed; begin a new one: %w", thread, messages[len(messages)-1].Seq, MaxMessages, ErrConflict)
		}
		return err
	})
	return messages, err
}
