package outbound

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound) //nolint:gosec // what an attacker does
	}))
	defer server.Close()
	client := NewClient(Options{AllowHosts: []string{"open.test"}, Resolver: answers(t, "127.0.0.1")})
	from := strings.Replace(server.URL, "127.0.0.1", "open.test", 1) + "?to="
	for _, to := range []string{server.URL, "http://169.254.169.254/", "http://localhost/", "http://[::ffff:127.0.0.1]/", "http://2130706433/"} {
		if _, err := get(t, client, from+to); !errors.Is(err, ErrRefused) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if _, err := get(t, client, from+"file:///etc/passwd"); err == nil {
		t.Error("a redirect to a file was followed")
	}
}

// TestRedirectsCarryNoCredentials: another port is another origin.
func TestRedirectsCarryNoCredentials(t *testing.T) {
	seen := make(chan *http.Request, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	defer other.Close()
	status := http.StatusFound
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/same" {
			seen <- r
			return
		}
		http.Redirect(w, r, r.URL.Query().Get("to"), status) //nolint:gosec // what an attacker does
	}))
	defer first.Close()
	client := NewClient(Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	send := func(method, to string, body io.Reader) int {
		request, err := http.NewRequestWithContext(t.Context(), method, first.URL+"/?secret=hunter2&to="+to, body)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Authorization", "X-Api-Key", "Cookie", "Idempotency-Key"} {
			request.Header.Set(name, "hunter2")
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}

	send(http.MethodGet, "/same", nil)
	if got := <-seen; got.Header.Get("X-Api-Key") != "hunter2" {
		t.Error("a redirect within the origin lost a header")
	}
	send(http.MethodGet, other.URL, nil)
	got := <-seen
	for name, values := range got.Header {
		if strings.Contains(strings.Join(values, " "), "hunter2") {
			t.Errorf("%s went to another origin: %q", name, values)
		}
	}
	status = http.StatusTemporaryRedirect
	if code := send(http.MethodPost, other.URL, strings.NewReader("hunter2")); code != status || len(seen) != 0 {
		t.Errorf("a body went to another origin, status %d", code)
	}
}

func TestRedirectsAreFew(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		left, _ := strconv.Atoi(r.URL.Path[1:])
		if left > 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(left-1), http.StatusFound)
		}
	}))
	defer server.Close()
	client := NewClient(Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if _, err := get(t, client, server.URL+"/3"); err != nil {
		t.Error(err)
	}
	if _, err := get(t, client, server.URL+"/4"); err == nil || !strings.Contains(err.Error(), "4 redirects are more than 3") {
		t.Errorf("got %v", err)
	}
}
