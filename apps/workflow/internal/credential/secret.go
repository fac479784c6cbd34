package credential

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// Redacted stands where an answer repeated a secret.
const Redacted = "[redacted]"

// Secret is an open credential. It lives as long as one call.
type Secret struct {
	id            string
	origins       []string
	header, value string // as they are sent
	hide          *strings.Replacer
}

func newSecret(c store.Credential, value string) *Secret {
	s := &Secret{id: c.ID, origins: c.Origins, header: "Authorization"}
	encoded := base64.StdEncoding.EncodeToString([]byte(value))
	switch c.Kind {
	case "header":
		s.header, s.value = c.Header, value
	case "basic":
		encoded = base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + value))
		s.value = "Basic " + encoded
	default:
		s.value = "Bearer " + value
	}
	s.hide = hiding(value, encoded)
	return s
}

// hiding replaces a secret in every form in which servers repeat what they got.
func hiding(value, encoded string) *strings.Replacer {
	forms := []string{encoded, url.QueryEscape(value), url.PathEscape(value), value}
	pairs := make([]string, 0, 4*len(forms))
	for _, form := range forms {
		quoted, _ := json.Marshal(form) //nolint:errchkjson // a string: it cannot fail
		pairs = append(pairs, string(quoted[1:len(quoted)-1]), Redacted, form, Redacted)
	}
	return strings.NewReplacer(pairs...)
}

// Authorize puts the secret into a request, if that goes where the credential may be sent.
func (s *Secret) Authorize(request *http.Request) *node.Failure {
	origin, _ := Origin(request.URL.Scheme + "://" + request.URL.Host)
	if !slices.Contains(s.origins, origin) {
		return unusable("credential %s is not for %s: it may be sent to %s alone", s.id, origin, strings.Join(s.origins, ", "))
	}
	request.Header.Set(s.header, s.value)
	return nil
}

// Redact takes the secret out of a text that came back; nil has none.
func (s *Secret) Redact(text string) string {
	if s == nil {
		return text
	}
	return s.hide.Replace(text)
}

// Origin is where a URL leads, as scheme, host and port, in one spelling. Not ok: it is more than that, or none.
func Origin(text string) (origin string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || !bare(u) {
		return "", false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "" || strings.HasSuffix(host, ".") || strings.Contains(host, "%") { // no name, or a zone of one machine
		return "", false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host += ":" + port
	}
	return u.Scheme + "://" + host, true
}

// bare says whether a URL is no more than an origin.
func bare(u *url.URL) bool {
	more := strings.Trim(u.Path, "/") + u.RawQuery + u.Fragment
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && more == ""
}
