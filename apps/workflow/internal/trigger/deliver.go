package trigger

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
)

// KindWebhook is the kind of actor that a webhook's runs are created by.
const KindWebhook = "webhook"

// keepDeliveries is how long a repeat of a delivery is known: far longer than any sender tries.
const keepDeliveries = "30 days"

// Delivery is a message for a webhook, by the sender's id.
type Delivery struct {
	Webhook string `json:"webhook"`
	ID      string `json:"id"`
}

// Deliver records a delivery with the run that it starts. A repeat changes nothing, and gives the first one's run.
func Deliver(ctx context.Context, tx *ledger.Tx, plan ledger.Plan, n ledger.New, d Delivery) (ledger.Outcome, error) {
	tx.Queue(database.EnterSQL+`, set_config('lock_timeout', '2s', true)`, n.Workspace)
	var first string // of two at once, the second waits here for the first
	err := tx.QueryRow(ctx, `WITH old AS (DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND received_at < now() - interval '`+keepDeliveries+`' AND delivery_id <> $2)
INSERT INTO webhook_deliveries (webhook_id, delivery_id, workspace_id, run_id) SELECT id, $2, workspace_id, $3 FROM webhooks WHERE id = $1
ON CONFLICT (webhook_id, delivery_id) DO UPDATE SET delivery_id = excluded.delivery_id RETURNING run_id`, d.Webhook, d.ID, n.ID).Scan(&first)
	if errors.Is(err, pgx.ErrNoRows) {
		return ledger.Outcome{}, store.Missing("webhook", d.Webhook)
	}
	if err != nil {
		return ledger.Outcome{}, err
	}
	if first != n.ID {
		tx.Queue(database.LeaveSQL)
		return ledger.Outcome{Run: first}, nil
	}
	return ledger.Create(ctx, tx, plan, n)
}
