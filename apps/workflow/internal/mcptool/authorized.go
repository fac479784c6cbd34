package mcptool

import (
	"net/http"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/internal/identity"
)

// authorized adds the credential to each request of a session, and refuses to send it elsewhere.
type authorized struct {
	inner  http.RoundTripper
	secret *credential.Secret
	run    string
}

// RoundTrip sends a copy: a request belongs to its caller.
func (a authorized) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if a.run != "" {
		request.Header.Set(identity.RunHeader, a.run)
	}
	if a.secret != nil {
		if failure := a.secret.Authorize(request); failure != nil {
			return nil, failure
		}
	}
	return a.inner.RoundTrip(request)
}
