package idempotency

import (
	"bytes"
	"context"
	"net/http"
)

// carryOut runs the operation and keeps its answer, or frees the key when trying again may help.
func (k *Keys) carryOut(w http.ResponseWriter, r *http.Request, next http.Handler, c *claim) {
	recorded := &recorder{ResponseWriter: w}
	ended := false
	defer func() {
		// The client may have left, and the server may be ending: what was done is recorded all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
		defer cancel()
		if err := k.finish(ctx, c, recorded, ended); err != nil {
			k.Log.ErrorContext(ctx, "an answer was not kept for its Idempotency-Key; within a minute the request can be carried out again", "error", err)
		}
	}()
	next.ServeHTTP(recorded, r)
	ended = true
}

func (k *Keys) finish(ctx context.Context, c *claim, recorded *recorder, ended bool) error {
	if !ended || !final(recorded.status) {
		return k.store.release(ctx, c)
	}
	a := answer{status: recorded.status, headers: kept(recorded.Header()), body: recorded.body.Bytes()}
	if recorded.tooLarge || k.Secret(a.body) {
		a.withheld, a.headers, a.body = true, nil, nil
	}
	return k.store.complete(ctx, c, a)
}

// final answers stay the same when the request is repeated. A 429 or a 5xx may not.
func final(status int) bool {
	return status >= 200 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// kept are the headers that belong to the answer rather than to the exchange.
func kept(all http.Header) map[string]string {
	headers := map[string]string{}
	for _, name := range []string{"Content-Type", "Location", "Etag", "Link"} {
		if value := all.Get(name); value != "" {
			headers[name] = value
		}
	}
	return headers
}

// recorder passes an answer on and remembers it.
type recorder struct {
	http.ResponseWriter
	status   int
	body     bytes.Buffer
	tooLarge bool
}

// WriteHeader remembers the first final status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write remembers up to the bound.
func (w *recorder) Write(text []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.body.Len()+len(text) > maxAnswer {
		w.tooLarge = true
		w.body.Reset()
	}
	if !w.tooLarge {
		w.body.Write(text)
	}
	return w.ResponseWriter.Write(text)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
