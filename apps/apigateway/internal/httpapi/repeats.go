package httpapi

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
)

// newRepeats answers a POST that is repeated with its Idempotency-Key.
func newRepeats(pool *pgxpool.Pool, log *slog.Logger) *idempotency.Keys {
	return idempotency.New(idempotency.Options{Pool: pool, Owner: ownerOf, Secret: showsSecret, Refuse: refuseRepeat, Log: log})
}

// ownerOf is whom the guard let in; the workspace is empty where an operation needs none.
func ownerOf(ctx context.Context) (idempotency.Owner, bool) {
	x := exchangeOf(ctx)
	return idempotency.Owner{Workspace: x.caller.Workspace, Subject: x.principal.Subject}, x.principal.Subject != ""
}

// webhookSecretPrefix is what the engine's secrets of webhooks begin with.
const webhookSecretPrefix = "whsec_"

// showsSecret knows an API key, or a webhook's secret, in the answer to its creation.
func showsSecret(body []byte) bool {
	return bytes.Contains(body, []byte(`"secret":"`+accounts.SecretPrefix)) || bytes.Contains(body, []byte(`"secret":"`+webhookSecretPrefix))
}

func refuseRepeat(w http.ResponseWriter, r *http.Request, refused idempotency.Problem) {
	p := newProblem(refused.Status, refused.Code, refused.Detail)
	p.retryAfter = refused.RetryAfter
	p.write(w, r)
}
