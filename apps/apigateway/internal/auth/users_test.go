package auth

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/agentteam/agentteam/internal/identity"
)

const secret = "super-secret-jwt-token-with-at-least-32-characters-long"

func TestUsersOfTheProjectAreKnown(t *testing.T) {
	es, rs := elliptic256(t, "es"), rsa2048(t, "rs")
	p := newProject(t, es, rs)
	u, _ := p.users(secret)
	for name, token := range map[string]string{
		"ES256": p.token(t, jwa.ES256(), es, nil),
		"RS256": p.token(t, jwa.RS256(), rs, nil),
		"HS256": p.token(t, jwa.HS256(), []byte(secret), nil),
	} {
		got, failure := u.verify(t.Context(), token)
		want := Principal{Subject: ada, Kind: identity.KindUser, Email: "ada@example.com"}
		if failure != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, failure)
		}
	}
	if n := p.requests(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	es, rs, other := elliptic256(t, "es"), rsa2048(t, "rs"), elliptic256(t, "es")
	p := newProject(t, es, rs)
	u, _ := p.users("")
	good := p.token(t, jwa.ES256(), es, nil)
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	for name, token := range map[string]string{
		"another key under the same id":   p.token(t, jwa.ES256(), other, nil),
		"no key id":                       p.token(t, jwa.ES256(), elliptic256(t, ""), nil),
		"an unknown key id":               p.token(t, jwa.ES256(), elliptic256(t, "new"), nil),
		"none":                            encode([]byte(`{"alg":"none","kid":"es"}`)) + "." + parts[1] + ".",
		"None, signed":                    encode([]byte(`{"alg":"None","kid":"es"}`)) + "." + parts[1] + "." + parts[2],
		"HS256 by the public key, PEM":    p.withID(t, jwa.HS256(), publicPEM(t, rs), "rs"),
		"HS256 by the public key, DER":    p.withID(t, jwa.HS256(), publicDER(t, rs), "rs"),
		"HS256 though there is no secret": p.token(t, jwa.HS256(), []byte(secret), nil),
		"ES256 in the header of RS256":    encode([]byte(`{"alg":"RS256","kid":"es"}`)) + "." + parts[1] + "." + parts[2],
		"PS256 by the RSA key":            p.token(t, jwa.PS256(), rs, nil),
		"a changed payload":               parts[0] + "." + encode([]byte(`{"sub":"root"}`)) + "." + parts[2],
		"critical extensions":             encode([]byte(`{"alg":"ES256","kid":"es","crit":["b64"]}`)) + "." + parts[1] + "." + parts[2],
		"no signature":                    parts[0] + "." + parts[1] + ".",
		"two parts":                       parts[0] + "." + parts[1],
		"four parts":                      good + "." + parts[2],
	} {
		if got := status(t.Context(), u, token); got != 401 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestClaimsAreChecked(t *testing.T) {
	key, now := elliptic256(t, "es"), time.Now()
	p := newProject(t, key)
	u, _ := p.users("")
	for name, c := range map[string]struct {
		changes map[string]any
		want    int
	}{
		"expired within the leeway":     {map[string]any{"exp": now.Add(-20 * time.Second)}, 0},
		"expired":                       {map[string]any{"exp": now.Add(-40 * time.Second)}, 401},
		"never expires":                 {map[string]any{"exp": nil}, 401},
		"valid soon, within the leeway": {map[string]any{"nbf": now.Add(20 * time.Second)}, 0},
		"not valid yet":                 {map[string]any{"nbf": now.Add(40 * time.Second)}, 401},
		"another issuer":                {map[string]any{"iss": "https://evil.example/auth/v1"}, 401},
		"no issuer":                     {map[string]any{"iss": nil}, 401},
		"another audience":              {map[string]any{"aud": "anon"}, 401},
		"no audience":                   {map[string]any{"aud": nil}, 401},
		"nobody":                        {map[string]any{"sub": nil}, 401},
		"an empty name":                 {map[string]any{"sub": ""}, 401},
		"a name with NUL":               {map[string]any{"sub": "a\x00"}, 401},
		"an anonymous user":             {map[string]any{"is_anonymous": true}, 403},
		"an email that is none":         {map[string]any{"email": "<script>"}, 0},
		"no email":                      {map[string]any{"email": nil}, 0},
	} {
		if got := status(t.Context(), u, p.token(t, jwa.ES256(), key, c.changes)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func publicDER(t *testing.T, key jwk.Key) []byte {
	t.Helper()
	raw, err := jwk.PublicRawKeyOf(key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func publicPEM(t *testing.T, key jwk.Key) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(t, key)})
}
