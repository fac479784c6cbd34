package ledger_test

import (
	"cmp"
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// TestStatementsArePlannedOnce holds that PostgreSQL keeps the plans of what every task runs.
func TestStatementsArePlannedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flow(callNode+`, {"id": "beside", "type": "http", "config": {"method": "GET", "url": "https://example.com"}}`, ``))
	one := w.pool.Config()
	one.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	w.pool = pool
	w.create(ledger.New{})
	w.work()
	w.expect("completed")
	rows, err := pool.Query(t.Context(), `SELECT left(statement, 100), generic_plans, custom_plans FROM pg_prepared_statements
WHERE statement ^@ ANY ('{WITH step AS,"SELECT sc.status","SELECT status, generation"}')`)
	if err != nil {
		t.Fatal(err)
	}
	var statement string
	var kept, anew int
	tag, err := pgx.ForEachRow(rows, []any{&statement, &kept, &anew}, func() error {
		if kept == 0 || anew > 0 {
			t.Errorf("planned anew %d times, kept %d times: %s", anew, kept, statement)
		}
		return nil
	})
	if err != nil || tag.RowsAffected() != 3 {
		t.Errorf("%d statements were found, want 3; %v", tag.RowsAffected(), err)
	}
}

// counted counts the messages that a transaction sends.
type counted struct {
	ledger.Conn
	messages int
}

func (c *counted) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	c.messages++
	return c.Conn.SendBatch(ctx, batch)
}

// messages carries a change out and says how many messages it took.
func (w *world) messages(change func(context.Context, *ledger.Tx) error) int {
	conn := &counted{}
	w.in(func(tx pgx.Tx) error {
		conn.Conn = tx
		on := ledger.On(conn)
		return cmp.Or(change(w.t.Context(), on), on.Send(w.t.Context()))
	})
	return conn.messages
}

// TestMessagesOfAStep holds how often the end of a step waits for PostgreSQL: for the commit, and before it for what it has to read.
func TestMessagesOfAStep(t *testing.T) {
	t.Parallel()
	another := `, {"id": "another", "type": "http", "config": {"method": "GET", "url": "https://example.com"}}`
	for name, c := range map[string]struct {
		nodes, edges string
		want         int
	}{
		"in a chain":     {callNode + another, `{"from": "call", "to": "another"}`, 1},
		"beside another": {callNode + another, ``, 2},
		"in a loop":      {each(callNode, `null`, ``), ``, 3}, // the loop is read when an iteration has ended
	} {
		w := newWorld(t, flow(c.nodes, c.edges))
		w.create(ledger.New{Inputs: json.RawMessage(`{"base": 1, "list": [1, 2, 3]}`)})
		task := w.ready[0]
		got := w.messages(func(ctx context.Context, tx *ledger.Tx) error {
			_, err := ledger.Record(ctx, tx, w.plan, task, ledger.Move{End: true, Output: json.RawMessage(`{}`)})
			return err
		})
		if got != c.want {
			t.Errorf("a step %s took %d messages, want %d", name, got, c.want)
		}
	}
}

// TestMessagesOfACall holds it of a reservation, and of what is told while a call is made.
func TestMessagesOfACall(t *testing.T) {
	t.Parallel()
	w := start(t, `{"base": 1, "list": []}`, flow(callNode, ``))
	task := w.ready[0]
	for name, c := range map[string]struct {
		want   int
		change func(context.Context, *ledger.Tx) error
	}{
		"a reservation": {3, func(ctx context.Context, tx *ledger.Tx) error {
			verdict, _, err := ledger.Reserve(ctx, tx, w.plan, task, node.Call{Number: 1, Kind: node.ToolCall, Name: "http"})
			if verdict != ledger.Go {
				t.Errorf("the verdict is %s", verdict)
			}
			return err
		}},
		"an event": {2, func(ctx context.Context, tx *ledger.Tx) error {
			current, err := ledger.Append(ctx, tx, task, []node.CallEvent{{Type: "log", Data: json.RawMessage(`{}`)}})
			if !current {
				t.Error("the attempt is over")
			}
			return err
		}},
	} {
		if got := w.messages(c.change); got != c.want {
			t.Errorf("%s took %d messages, want %d", name, got, c.want)
		}
	}
}
