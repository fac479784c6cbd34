// Package idempotency makes a POST safe to repeat (draft-ietf-httpapi-idempotency-key-header-07): who sends the
// same request with the same Idempotency-Key again gets the first answer again, and nothing happens twice.
package idempotency

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The headers of a request that may be repeated, and of an answer that is.
const (
	Header         = "Idempotency-Key"
	ReplayedHeader = "Idempotency-Replayed"
)

// Bounds.
const (
	maxKey    = 255
	maxBody   = 4 << 20 // of a request; the API's own bounds are tighter
	maxAnswer = 1 << 20 // that is kept
	// inFlight is how long a request that did not end keeps its key. It must exceed every request's deadline.
	inFlight      = time.Minute
	finishTimeout = 5 * time.Second
)

// Owner is whose key it is.
type Owner struct {
	Workspace string // empty outside of any
	Subject   string // a user's or an API key's id
}

// Problem is an answer instead of the operation's.
type Problem struct {
	Status     int
	Code       string
	Detail     string
	RetryAfter time.Duration
}

// The codes of problems.
const (
	CodeInvalidKey   = "idempotency_key_invalid"
	CodeMismatch     = "idempotency_mismatch"
	CodeInFlight     = "idempotency_in_flight"
	CodeUnreplayable = "idempotency_unreplayable"
	CodeUnavailable  = "dependency_unavailable"
)

// Options are what Keys need.
type Options struct {
	Pool *pgxpool.Pool
	// Owner gives whose request it is; false for requests without credentials, which are passed on.
	Owner func(context.Context) (Owner, bool)
	// Secret says whether an answer must not be kept because it shows a secret, this once.
	Secret func(body []byte) bool
	// Refuse writes a problem.
	Refuse func(http.ResponseWriter, *http.Request, Problem)
	Log    *slog.Logger
}

// Keys is safe for concurrent use.
type Keys struct {
	Options
	store store
}

// New makes Keys. Run has to run for old ones to be deleted.
func New(o Options) *Keys { return &Keys{Options: o, store: store{o.Pool}} }

// Handler answers repeated POSTs. It belongs behind authentication, since keys are their sender's own.
func (k *Keys) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.Header.Values(Header)
		owner, known := k.Owner(r.Context())
		if r.Method != http.MethodPost || len(values) == 0 || !known {
			next.ServeHTTP(w, r)
			return
		}
		if len(values) > 1 || !validKey(values[0]) {
			k.Refuse(w, r, Problem{Status: http.StatusBadRequest, Code: CodeInvalidKey, Detail: Header + " must be given once, with 1-255 visible ASCII characters"})
			return
		}
		k.serve(w, r, next, name{owner, values[0]})
	})
}

func validKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for _, c := range []byte(key) {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

func (k *Keys) serve(w http.ResponseWriter, r *http.Request, next http.Handler, n name) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		k.Refuse(w, r, unreadable(err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	asked := fingerprint(r, body)
	claim, found, err := k.store.claim(r.Context(), n, asked)
	switch {
	case err != nil:
		k.Log.WarnContext(r.Context(), "an idempotency key could not be claimed", "error", err)
		k.Refuse(w, r, Problem{Status: http.StatusServiceUnavailable, Code: CodeUnavailable, Detail: "the database cannot be asked at the moment: try again", RetryAfter: 2 * time.Second})
	case claim != nil:
		k.carryOut(w, r.WithContext(context.WithValue(r.Context(), claimKey{}, claim)), next, claim)
	case !bytes.Equal(found.fingerprint, asked):
		k.Refuse(w, r, Problem{Status: http.StatusUnprocessableEntity, Code: CodeMismatch, Detail: "this Idempotency-Key was used for another request within 24 hours: use a new key for a new request"})
	case found.status == 0:
		k.Refuse(w, r, Problem{Status: http.StatusConflict, Code: CodeInFlight, Detail: "the first request with this Idempotency-Key has not ended: try again", RetryAfter: time.Second})
	default:
		k.replay(w, r, found)
	}
}

func unreadable(err error) Problem {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Detail: "a body with an Idempotency-Key must have at most 4 MiB"}
	}
	return Problem{Status: http.StatusBadRequest, Code: "bad_request", Detail: "the body could not be read to its end"}
}

// replay sends the answer that was kept. One that could not be kept was still given once: carrying the
// request out again would be wrong, so its sender has to look.
func (k *Keys) replay(w http.ResponseWriter, r *http.Request, a *answer) {
	if a.withheld {
		k.Refuse(w, r, Problem{Status: http.StatusConflict, Code: CodeUnreplayable, Detail: "the first request with this Idempotency-Key was carried out, but its answer " +
			"was shown once only because it holds a secret or is too large to keep: list what it made, and use a new key to make another"})
		return
	}
	for header, value := range a.headers {
		w.Header().Set(header, value)
	}
	w.Header().Set(ReplayedHeader, "true")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
