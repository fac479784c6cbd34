package ledger

import (
	"context"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Append adds events of a call that is being made. It says false, and adds nothing, if the attempt is over.
func Append(ctx context.Context, tx *Tx, t Task, events []node.CallEvent) (bool, error) {
	c, current, err := midway(ctx, tx, Plan{}, t)
	if err != nil {
		return false, err
	}
	if current {
		for _, e := range events {
			c.log(e.Type, t.Path, e.Data)
		}
	}
	c.flush(true)
	return current, nil
}

// Reset tells readers to forget what they have seen of a call, if they have: it is made again.
func Reset(ctx context.Context, tx *Tx, t Task, call node.Call) error {
	c, current, err := midway(ctx, tx, Plan{}, t)
	if err != nil {
		return err
	}
	var last string
	if current {
		err = tx.QueryRow(ctx, `SELECT coalesce((SELECT type FROM events WHERE run_id = $1 AND step = $2 AND (type = 'step.started' OR
  (type IN ('message.started', 'message.delta', 'message.reset') AND data->>'call' = $3::int::text)) ORDER BY seq DESC LIMIT 1), '')`, t.Run, t.Path, call.Number).Scan(&last)
		if err != nil {
			return err
		}
	}
	if last == "message.started" || last == "message.delta" {
		c.log("message.reset", t.Path, madeAgain{call.Agent, call.Number})
	}
	c.flush(true)
	return nil
}

func internal(reason string) *node.Failure {
	f := node.Fail(node.CodeInternal, "%s", reason)
	f.Final = true
	return f
}

type madeAgain struct {
	Agent string `json:"agent,omitempty"`
	Call  int    `json:"call"`
}
