package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// project is a Supabase project's key server, over HTTP.
type project struct {
	*httptest.Server
	mu     sync.Mutex
	keys   jwk.Set
	asked  int
	broken func(http.ResponseWriter, *http.Request) // answers instead; nil for keys
}

func newProject(t testing.TB, keys ...jwk.Key) *project {
	t.Helper()
	p := &project{}
	p.publish(t, keys...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/v1/.well-known/jwks.json", p.serve)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *project) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked++
	broken, keys := p.broken, p.keys
	p.mu.Unlock()
	if broken != nil {
		broken(w, r)
		return
	}
	if err := json.NewEncoder(w).Encode(keys); err != nil {
		panic(err)
	}
}

func (p *project) publish(t testing.TB, keys ...jwk.Key) {
	t.Helper()
	set := jwk.NewSet()
	for _, key := range keys {
		public, err := key.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		if err := set.AddKey(public); err != nil {
			t.Fatal(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = set
}

func (p *project) fail(how func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = how
}

func (p *project) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// users verifies for the project, by a clock that the test may turn.
func (p *project) users(secret string) (*users, *clock) {
	u, c := newUsers(p.URL+"/", secret, slog.New(slog.DiscardHandler)), &clock{}
	u.now, u.keys.now = c.now, c.now
	return u, c
}

type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) turn(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

func elliptic256(t testing.TB, id string) jwk.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return named(t, private, id)
}

func rsa2048(t testing.TB, id string) jwk.Key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return named(t, private, id)
}

func named(t testing.TB, raw any, id string) jwk.Key {
	t.Helper()
	key, err := jwk.Import(raw)
	if err != nil {
		t.Fatal(err)
	}
	if id == "" {
		return key
	}
	if err := key.Set(jwk.KeyIDKey, id); err != nil {
		t.Fatal(err)
	}
	return key
}

// claims is what Supabase writes into an access token, with changes; nil removes.
func (p *project) claims(t testing.TB, changes map[string]any) jwt.Token {
	t.Helper()
	now := time.Now()
	token, err := jwt.NewBuilder().Issuer(p.URL+"/auth/v1").Audience([]string{"authenticated"}).Subject(ada).
		IssuedAt(now).Expiration(now.Add(time.Hour)).Claim("role", "authenticated").Claim("email", "ada@example.com").
		Claim("is_anonymous", false).Build()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		if value == nil {
			err = token.Remove(name)
		} else {
			err = token.Set(name, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return token
}

const ada = "0b1f7a52-5a3c-4d7e-9f10-6c2b8a4d3e21"

// token is an access token signed by the key, under the key's id.
func (p *project) token(t testing.TB, algorithm jwa.SignatureAlgorithm, key any, changes map[string]any) string {
	t.Helper()
	signed, err := jwt.Sign(p.claims(t, changes), jwt.WithKey(algorithm, key))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// withID is a token whose header names the key id, whatever signs it.
func (p *project) withID(t testing.TB, algorithm jwa.SignatureAlgorithm, raw any, id string) string {
	t.Helper()
	headers := jws.NewHeaders()
	if err := headers.Set("kid", id); err != nil {
		t.Fatal(err)
	}
	signed, err := jwt.Sign(p.claims(t, nil), jwt.WithKey(algorithm, raw, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// status is what verifying the token answers with: 0 for a user.
func status(ctx context.Context, u *users, token string) int {
	if _, failure := u.verify(ctx, token); failure != nil {
		return failure.Status
	}
	return 0
}
