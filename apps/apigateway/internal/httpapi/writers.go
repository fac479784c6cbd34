package httpapi

import "net/http"

// recorder remembers the status that was sent, 0 for none yet.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the first status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends 200 first if no status was sent.
func (w *recorder) Write(body []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// refusal turns the plain text of the mux's own answers, 404 and 405, into problems. It keeps the
// headers of the mux, such as Allow.
type refusal struct {
	http.ResponseWriter
	request *http.Request
}

// WriteHeader sends the problem of the status.
func (w *refusal) WriteHeader(status int) {
	p := problem{Status: status, Code: "not_found", Detail: "no such path: " + w.request.URL.Path}
	if status == http.StatusMethodNotAllowed {
		p.Code = "method_not_allowed"
		p.Detail = w.request.Method + " is not allowed here; allowed: " + w.Header().Get("Allow")
	}
	p.write(w.ResponseWriter, w.request)
}

// Write drops the plain text.
func (w *refusal) Write(body []byte) (int, error) { return len(body), nil }
