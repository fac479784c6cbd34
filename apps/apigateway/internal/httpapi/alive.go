package httpapi

import (
	"maps"
	"net/http"
	"strconv"

	"github.com/agentteam/agentteam/contract"
)

const aliveBody = `{"status":"ok"}`

// alive answers GET /health before anything is done that a request needs: machines ask it every few seconds, for ever, and want to know nothing
// but whether the process answers. It has no id, no trace and no line in the log. With a query it is a request as any other, and refused.
func (s *Server) alive(next http.Handler) http.Handler {
	header := http.Header{
		"Cache-Control":          {"no-store"},
		"Content-Length":         {strconv.Itoa(len(aliveBody))},
		"Content-Type":           {"application/json"},
		"X-Content-Type-Options": {"nosniff"},
	}
	body := []byte(aliveBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != contract.HealthPath || r.URL.RawQuery != "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		maps.Copy(w.Header(), header)
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		_, _ = w.Write(body) // who asked may have left
	})
}
