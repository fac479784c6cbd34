package credential

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// FuzzRedact repeats a secret in every form that servers use, between other text: it is nowhere to be read.
func FuzzRedact(f *testing.F) {
	f.Add("header", "s3cr/t+ \"ü", "{\"a\": \"", "\"}")
	f.Add("basic", "aaaaaaaa", "aaaaaaaaaaaa", "a")
	f.Add("bearer", "key%20%2F", "\xff", "%")
	f.Fuzz(func(t *testing.T, kind, value, before, after string) {
		if len(value) < 8 || strings.ContainsAny(value, "[]") || strings.Contains(Redacted, value) {
			return
		}
		secret := newSecret(store.Credential{Kind: kind, Header: "X-Key", Username: "ada"}, value)
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{value, secret.value, url.QueryEscape(value), url.PathEscape(value), string(quoted), base64.StdEncoding.EncodeToString([]byte(kind + value))} {
			text := secret.Redact(before + form + after)
			if strings.Contains(text, value) || strings.Contains(text, secret.value) {
				t.Errorf("%q shows the secret %q", text, value)
			}
		}
	})
}
