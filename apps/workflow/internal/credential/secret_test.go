package credential_test

import (
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
)

func TestOrigins(t *testing.T) {
	for given, want := range map[string]string{
		"https://API.example.com":      "https://api.example.com",
		"https://api.example.com.:443": "https://api.example.com",
		"http://api.example.com:80/":   "http://api.example.com",
		"https://api.example.com:8443": "https://api.example.com:8443",
		"http://[::1]:9000":            "http://[::1]:9000",
		"https://api.example.com/v1":   "",
		"https://ada@api.example.com":  "",
		"https://api.example.com?x=1":  "",
		"https://api.example.com..":    "",
		"https://":                     "",
		"ftp://api.example.com":        "",
		"api.example.com":              "",
		"":                             "",
	} {
		if got, ok := credential.Origin(given); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t, want %q", given, got, ok, want)
		}
	}
}

// FuzzOrigin holds that an origin is its own: it has one spelling.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"https://API.example.com:443/", "http://[::1]:9000", "http://[fe80::1%25eth0]", "https://a..", "https://%C3%84", "https://ada@a", "http://a:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, ok := credential.Origin(text)
		if again, ok2 := credential.Origin(origin); ok != ok2 || again != origin {
			t.Errorf("%q is %q, and that is %q", text, origin, again)
		}
	})
}
