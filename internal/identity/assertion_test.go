package identity_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/agentteam/agentteam/internal/identity"
)

const key = "0123456789abcdef"

func caller() identity.Caller {
	return identity.Caller{Workspace: "wsp_1", Subject: "0b1f", Kind: identity.KindUser, Role: identity.Editor, RequestID: "R1"}
}

func sign(t testing.TB, c identity.Caller, now time.Time) string {
	t.Helper()
	assertion, err := identity.Sign(key, c, now)
	if err != nil {
		t.Fatal(err)
	}
	return assertion
}

func TestVerifyGivesTheCallerThatWasSigned(t *testing.T) {
	now := time.Now()
	assertion := sign(t, caller(), now)
	for _, later := range []time.Duration{-4 * time.Second, 0, 59 * time.Second} {
		got, err := identity.Verify(key, assertion, now.Add(later))
		if err != nil || got != caller() {
			t.Errorf("after %s: %+v, %v", later, got, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Now()
	good := sign(t, caller(), now)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	other, err := identity.Sign("fedcba9876543210", caller(), now)
	if err != nil {
		t.Fatal(err)
	}
	for name, assertion := range map[string]string{
		"nothing":            "",
		"another key":        other,
		"no signature":       none + "." + parts[1] + ".",
		"a cut signature":    good[:len(good)-4],
		"a changed payload":  parts[0] + "." + parts[1][:len(parts[1])-2] + "AA." + parts[2],
		"JSON serialization": `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
		"unbounded":          strings.Repeat("a", 5000),
		"the raw key":        signedWith(t, []byte(key), nil, now),
		"another issuer":     signedWith(t, derived(t), func(token jwt.Token) error { return token.Set("iss", "somebody") }, now),
		"another audience":   signedWith(t, derived(t), func(token jwt.Token) error { return token.Set("aud", "somebody") }, now),
		"no end":             signedWith(t, derived(t), func(token jwt.Token) error { return token.Remove("exp") }, now),
		"another role":       signedWith(t, derived(t), func(token jwt.Token) error { return token.Set("role", "root") }, now),
	} {
		if c, err := identity.Verify(key, assertion, now); err == nil {
			t.Errorf("%s: accepted as %+v", name, c)
		}
	}
	for _, at := range []time.Duration{-6 * time.Second, 66 * time.Second} {
		if _, err := identity.Verify(key, good, now.Add(at)); err == nil {
			t.Errorf("accepted %s after it was signed", at)
		}
	}
}

// derived is the key that assertions are really signed with, so that a refusal has no other reason.
func derived(t *testing.T) []byte {
	t.Helper()
	raw, err := hkdf.Key(sha256.New, []byte(key), nil, "agentteam identity assertion v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Verify(key, signedWith(t, raw, nil, time.Now()), time.Now()); err != nil {
		t.Fatal(err)
	}
	return raw
}

// signedWith is an assertion that somebody else made.
func signedWith(t *testing.T, raw []byte, change func(jwt.Token) error, now time.Time) string {
	t.Helper()
	token, err := jwt.NewBuilder().Issuer("api-gateway").Audience([]string{"workflow-engine"}).Expiration(now.Add(time.Minute)).Subject("u").
		Claim("wsp", "w").Claim("kind", "user").Claim("role", "owner").Claim("rid", "").Build()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		if err := change(token); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256(), raw))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func TestSignRefuses(t *testing.T) {
	for name, change := range map[string]func(*identity.Caller){
		"empty":     func(c *identity.Caller) { c.Workspace = "" },
		"subject":   func(c *identity.Caller) { c.Subject = "" },
		"kind":      func(c *identity.Caller) { c.Kind = "robot" },
		"role":      func(c *identity.Caller) { c.Role = "root" },
		"most 255":  func(c *identity.Caller) { c.RequestID = strings.Repeat("r", 256) },
		"caller's ": func(c *identity.Caller) { c.Workspace = strings.Repeat("w", 256) },
	} {
		c := caller()
		change(&c)
		if _, err := identity.Sign(key, c, time.Now()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShortKeysAreRefusedAndNotRepeated(t *testing.T) {
	_, sign := identity.Sign("short-secret", caller(), time.Now())
	_, verify := identity.Verify("short-secret", "", time.Now())
	for _, err := range []error{sign, verify, identity.CheckKey("short-secret")} {
		if err == nil || !strings.Contains(err.Error(), "at least 16 bytes, got 12") || strings.Contains(err.Error(), "short-secret") {
			t.Errorf("got %v", err)
		}
	}
	if err := identity.CheckKey(key); err != nil {
		t.Error(err)
	}
}

func TestContextCarriesTheCaller(t *testing.T) {
	if c, ok := identity.From(t.Context()); ok {
		t.Errorf("an empty context gives %+v", c)
	}
	if c, ok := identity.From(identity.Into(t.Context(), caller())); !ok || c != caller() {
		t.Errorf("got %+v, %t", c, ok)
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	f.Add(sign(f, caller(), now))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, assertion string) {
		c, err := identity.Verify(key, assertion, now)
		if err == nil && c != caller() {
			t.Errorf("%q is taken for %+v", assertion, c)
		}
	})
}
