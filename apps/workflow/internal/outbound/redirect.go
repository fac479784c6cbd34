package outbound

import (
	"fmt"
	"net/http"
	"slices"
)

// checkRedirect bounds redirects. To another origin, nothing goes along that may be a credential: no header
// but those that describe the request, and no body.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > MaxRedirects {
		return fmt.Errorf("%d redirects are more than %d", len(via), MaxRedirects)
	}
	for _, earlier := range via {
		if earlier.URL.Scheme == next.URL.Scheme && earlier.URL.Host == next.URL.Host {
			continue
		}
		if next.Body != nil && next.Body != http.NoBody {
			return http.ErrUseLastResponse
		}
		for name := range next.Header {
			if !slices.Contains([]string{"Accept", "Accept-Language", "User-Agent"}, name) {
				next.Header.Del(name)
			}
		}
		break
	}
	return nil
}
