//go:build live

package reliability_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/agentteam/agentteam/contract"
)

const keyID = "project-key"

// TestForgedTokens shows tokens to a real gateway that trusts the keys of one project.
func TestForgedTokens(t *testing.T) {
	own, stranger := newSigningKey(t), newSigningKey(t)
	project := serveKeys(t, own)
	w, _, _ := start(t, 1, 1, contract.SupabaseURL+"="+project)
	issuer, hour := project+"/auth/v1", time.Now().Add(time.Hour)
	good := claims{issuer, "authenticated", hour}
	public, err := x509.MarshalPKIXPublicKey(&own.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, token string
		status      int
	}{
		{"good", sign(t, good, jwa.ES256(), own), http.StatusOK},
		{"signed by a stranger under the same key id", sign(t, good, jwa.ES256(), stranger), http.StatusUnauthorized},
		{"expired", sign(t, claims{issuer, "authenticated", time.Now().Add(-time.Minute)}, jwa.ES256(), own), http.StatusUnauthorized},
		{"of another issuer", sign(t, claims{"https://elsewhere.example/auth/v1", "authenticated", hour}, jwa.ES256(), own), http.StatusUnauthorized},
		{"for another audience", sign(t, claims{issuer, "anon", hour}, jwa.ES256(), own), http.StatusUnauthorized},
		{"not signed: alg none", unsigned(t, good), http.StatusUnauthorized},
		{"HS256 with the public key as its secret", sign(t, good, jwa.HS256(), public), http.StatusUnauthorized},
		{"no token", "nonsense", http.StatusUnauthorized},
		{"a good one again", sign(t, good, jwa.ES256(), own), http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			user := &client{t: t, base: w.client.base, key: test.token, http: w.client.http}
			got, err := user.once(t.Context(), http.MethodGet, "/v1/me", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != test.status {
				t.Fatalf("got %s, want %d", got, test.status)
			}
			if got.status == http.StatusUnauthorized && (got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("WWW-Authenticate") == "" || got.code() == "") {
				t.Errorf("the answer is no whole problem: %s, %v", got, got.header)
			}
		})
	}
}

func newSigningKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serveKeys is a Supabase project, as far as its public keys go.
func serveKeys(t *testing.T, private *ecdsa.PrivateKey) (url string) {
	t.Helper()
	key, err := jwk.Import(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{jwk.KeyIDKey: keyID, jwk.AlgorithmKey: jwa.ES256(), jwk.KeyUsageKey: jwk.ForSignature} {
		if err := key.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set := jwk.NewSet()
	if err := set.AddKey(key); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/v1/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(set) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

type claims struct {
	issuer, audience string
	expires          time.Time
}

func (c claims) token(t *testing.T) jwt.Token {
	t.Helper()
	token, err := jwt.NewBuilder().Issuer(c.issuer).Audience([]string{c.audience}).Subject("5f0c9f1e-9e0a-4d5b-8f3e-0b4b6f1c2d3e").
		IssuedAt(time.Now().Add(-time.Hour)).Expiration(c.expires).Claim("email", "ada@example.com").Claim("role", "authenticated").Build()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func sign(t *testing.T, c claims, algorithm jwa.SignatureAlgorithm, key any) string {
	t.Helper()
	headers := jws.NewHeaders()
	if err := headers.Set(jws.KeyIDKey, keyID); err != nil {
		t.Fatal(err)
	}
	signed, err := jwt.Sign(c.token(t), jwt.WithKey(algorithm, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func unsigned(t *testing.T, c claims) string {
	t.Helper()
	payload, err := json.Marshal(c.token(t))
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"`+keyID+`","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}
