package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyDeadline is how long a client may take to send a body.
const bodyDeadline = 20 * time.Second

// limited reads the whole body before the operation begins, within bounds of size and time, so that nothing behind
// it waits for a client.
func limited(o operation, next http.Handler) http.Handler {
	limit := o.limit
	if limit == 0 {
		limit = maxBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, p := readBody(w, r, limit)
		if p == nil && len(body) > 0 {
			p = checkMediaType(r)
		}
		if p != nil {
			p.write(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Problem) {
	tooLarge := newProblem(http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body must have at most %d bytes", limit))
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyDeadline))   // without a connection, as in tests, there is none to set
	defer func() { _ = connection.SetReadDeadline(time.Time{}) }() // else it would end the request later on
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return body.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return nil, newProblem(http.StatusRequestTimeout, codeTimeout, fmt.Sprintf("the body did not arrive within %s", bodyDeadline))
	}
	return nil, newProblem(http.StatusBadRequest, codeBadRequest, "the body could not be read to its end")
}

// checkMediaType refuses what a form in a browser could send, and curl's default.
func checkMediaType(r *http.Request) *Problem {
	given := r.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(given)
	if given == "" || err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")) {
		return nil
	}
	return newProblem(http.StatusUnsupportedMediaType, codeMediaType, fmt.Sprintf("the body must be application/json, got Content-Type %q", given))
}
