package auth

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
)

func TestAFloodOfUnknownKeysReachesTheProjectRarely(t *testing.T) {
	key := elliptic256(t, "es")
	p := newProject(t, key)
	u, clock := p.users("")
	flood := func() {
		var done sync.WaitGroup
		for i := range 50 {
			token := p.token(t, jwa.ES256(), elliptic256(t, fmt.Sprintf("unknown-%d", i)), nil)
			done.Go(func() {
				if got := status(t.Context(), u, token); got != 401 {
					t.Errorf("an unknown key gives %d", got)
				}
			})
		}
		done.Wait()
	}
	flood()
	flood()
	if n := p.requests(); n != 1 {
		t.Errorf("100 unknown keys led to %d requests", n)
	}
	clock.turn(31 * time.Second)
	flood()
	if n := p.requests(); n != 2 {
		t.Errorf("half a minute later there were %d requests in all", n)
	}
	if got := status(t.Context(), u, p.token(t, jwa.ES256(), key, nil)); got != 0 {
		t.Errorf("the known key gives %d", got)
	}
}

func TestRotatedKeysArePickedUp(t *testing.T) {
	old, next := elliptic256(t, "old"), rsa2048(t, "next")
	p := newProject(t, old)
	u, clock := p.users("")
	before, after := p.token(t, jwa.ES256(), old, nil), p.token(t, jwa.RS256(), next, nil)
	if got := status(t.Context(), u, before); got != 0 {
		t.Fatal(got)
	}
	p.publish(t, old, next)
	clock.turn(31 * time.Second)
	if got := status(t.Context(), u, after); got != 0 {
		t.Errorf("the new key gives %d", got)
	}
	p.publish(t, next)
	clock.turn(11 * time.Minute)
	if got := status(t.Context(), u, before); got != 401 {
		t.Errorf("the revoked key gives %d after ten minutes", got)
	}
}

func TestAnOutageOfTheProject(t *testing.T) {
	key := elliptic256(t, "es")
	p := newProject(t, key)
	u, clock := p.users("")
	token := p.token(t, jwa.ES256(), key, map[string]any{"exp": time.Now().Add(24 * time.Hour)})
	p.fail(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) })
	if got := status(t.Context(), u, token); got != 503 {
		t.Errorf("without any key: %d", got)
	}
	p.fail(nil)
	clock.turn(3 * time.Second)
	if got := status(t.Context(), u, token); got != 0 {
		t.Fatalf("the project is back: %d", got)
	}
	p.fail(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100_000)) })
	for _, minutes := range []int{6, 6, 40} {
		clock.turn(time.Duration(minutes) * time.Minute)
		if got := status(t.Context(), u, token); got != 0 {
			t.Errorf("%s into the outage: %d", clock.ahead, got)
		}
	}
	clock.turn(10 * time.Minute)
	if got := status(t.Context(), u, token); got != 503 {
		t.Errorf("more than an hour into the outage: %d", got)
	}
}

func TestASilentProjectHoldsNobodyUp(t *testing.T) {
	key := elliptic256(t, "es")
	p := newProject(t, key)
	u, clock := p.users("")
	token := p.token(t, jwa.ES256(), key, nil)
	if got := status(t.Context(), u, token); got != 0 {
		t.Fatal(got)
	}
	release := make(chan struct{})
	defer close(release)
	p.fail(func(http.ResponseWriter, *http.Request) { <-release })
	clock.turn(6 * time.Minute)
	start := time.Now()
	for range 20 {
		if got := status(t.Context(), u, token); got != 0 {
			t.Errorf("a cached key gives %d", got)
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("20 requests took %s", took)
	}
}

func TestKeysThatDoNotVerifyAreLeftOut(t *testing.T) {
	for name, text := range map[string]string{
		"symmetric":         `{"kty":"oct","kid":"k","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"}`,
		"for encryption":    `{"kty":"EC","crv":"P-256","kid":"k","use":"enc","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`,
		"another algorithm": `{"kty":"EC","crv":"P-256","kid":"k","alg":"ES384","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`,
		"without id":        `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`,
		"not on the curve":  `{"kty":"EC","crv":"P-256","kid":"k","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"}`,
		"short RSA":         `{"kty":"RSA","kid":"k","e":"AQAB","n":"` + strings.Repeat("w", 171) + `"}`,
		"rubbish":           `7`,
	} {
		keys, err := parseKeySet([]byte(`{"keys":[` + text + `]}`))
		if err != nil || len(keys) != 0 {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
	good := `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","use":"sig","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`
	if keys, err := parseKeySet([]byte(good)); err != nil || keys["k"].algorithm != jwa.ES256() {
		t.Errorf("%v, %v", keys, err)
	}
	for _, text := range []string{``, `[]`, `{}`, `{"keys":[` + strings.Repeat("1,", 40) + `1]}`} {
		if _, err := parseKeySet([]byte(text)); err == nil {
			t.Errorf("%q is taken for a key set", text)
		}
	}
}

func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","kid":"k","k":"AA"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, _ := parseKeySet(text)
		for id, key := range keys {
			if id == "" || key.key == nil || key.algorithm != jwa.ES256() && key.algorithm != jwa.RS256() {
				t.Errorf("%q: %+v", id, key)
			}
		}
	})
}
