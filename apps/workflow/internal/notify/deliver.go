package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/sealing"
)

const (
	mostRead  = 64 << 10 // of an answer, so that its connection can be used again
	mostError = 300
)

// pause is how long after a failed attempt the next follows, by the schedule of Standard Webhooks; the last is the tenth, after some three days.
func pause(attempt int) (time.Duration, bool) {
	pauses := []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
	if attempt > len(pauses) {
		return 0, false
	}
	planned := pauses[attempt-1]
	return planned + rand.N(planned/10), true //nolint:gosec // spreads the load, guards nothing
}

// deliver makes one attempt and records it.
func (n *Notifier) deliver(ctx context.Context, d store.DueDelivery) {
	endpoint, err := n.store.Endpoint(ctx, d.Workspace, d.Endpoint)
	if err != nil {
		n.lost(ctx, d, err)
		return
	}
	attempt := store.Attempt{Number: d.Attempt}
	if endpoint.Disabled {
		attempt.Error, attempt.Last = "the endpoint is disabled", true
	} else {
		n.attempt(ctx, d, endpoint, &attempt)
	}
	if err := n.store.RecordAttempt(ctx, d, attempt); err != nil {
		n.lost(ctx, d, err)
		return
	}
	if attempt.Disable != "" {
		n.log.WarnContext(ctx, "an endpoint is disabled", "endpoint", endpoint.ID, "workspace", d.Workspace, "reason", attempt.Disable)
	}
}

// attempt sends once, and says what follows from the answer.
func (n *Notifier) attempt(ctx context.Context, d store.DueDelivery, endpoint store.Endpoint, a *store.Attempt) {
	status, err := n.post(ctx, d, endpoint)
	a.Status = status
	if err == nil {
		a.Delivered = true
		return
	}
	a.Error = err.Error()
	if len(a.Error) > mostError {
		a.Error = string([]rune(a.Error)[:mostError/4]) + " …"
	}
	again, more := pause(d.Attempt)
	a.After, a.Last = again, !more
	switch {
	case status == http.StatusGone:
		a.Last, a.Disable = true, "it answered 410: it wants nothing more"
	case endpoint.FailingSince != nil && d.Now.Sub(*endpoint.FailingSince) > givenUpAfter:
		a.Disable = "every delivery has failed since " + endpoint.FailingSince.UTC().Format(time.RFC3339)
	}
}

func (n *Notifier) post(ctx context.Context, d store.DueDelivery, endpoint store.Endpoint) (status int, err error) {
	signatures, err := n.sign(d, endpoint)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.URL, bytes.NewReader(d.Payload))
	if err != nil {
		return 0, errors.New("the address cannot be read")
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"agentteam"}}
	request.Header.Set("Webhook-Id", d.ID)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(d.Now.Unix(), 10))
	request.Header.Set("Webhook-Signature", signatures)
	response, err := n.client.Do(request)
	if err != nil {
		if told, ok := errors.AsType[*url.Error](err); ok {
			err = told.Err // without the address, which may hold a secret
		}
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, mostRead) // what it says counts for nothing
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return response.StatusCode, fmt.Errorf("it answered %d, and only 2xx is a success", response.StatusCode)
	}
	return response.StatusCode, nil
}

// sign signs by the secret, and for a day after a rotation by the one before too.
func (n *Notifier) sign(d store.DueDelivery, endpoint store.Endpoint) (signatures string, err error) {
	sealed := [][]byte{endpoint.Secret}
	if endpoint.PreviousUntil != nil && endpoint.PreviousUntil.After(d.Now) {
		sealed = append(sealed, endpoint.PreviousSecret)
	}
	made := make([]string, 0, len(sealed))
	for _, one := range sealed {
		secret, err := n.sealer.Open(one, Place(d.Workspace, endpoint.ID))
		if err != nil {
			return "", err
		}
		webhook, err := standardwebhooks.NewWebhook(string(secret))
		if err != nil {
			return "", errors.New("a stored secret cannot be read")
		}
		signature, err := webhook.Sign(d.ID, d.Now, d.Payload)
		if err != nil {
			return "", err
		}
		made = append(made, signature)
	}
	return strings.Join(made, " "), nil
}

// Place is where an endpoint's secrets are sealed for.
func Place(workspace, endpoint string) sealing.Place {
	return sealing.Place{Workspace: workspace, Purpose: "webhook_endpoint", ID: endpoint}
}

// lost leaves the delivery to whoever claims it next. An endpoint that is gone has taken its deliveries along.
func (n *Notifier) lost(ctx context.Context, d store.DueDelivery, err error) {
	if !errors.Is(err, store.ErrNotFound) {
		n.log.WarnContext(ctx, "an attempt of a delivery could not be recorded; it will be made again", "delivery", d.ID, "error", err)
	}
}
