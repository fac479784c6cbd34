package identity

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// What an assertion says about itself, and its bounds.
const (
	issuer         = "api-gateway"
	audience       = "workflow-engine"
	lifetime       = time.Minute
	skew           = 5 * time.Second // the tasks' clocks follow Amazon Time Sync
	maxAssertion   = 4096
	derivation     = "agentteam identity assertion v1"
	claimWorkspace = "wsp"
	claimKind      = "kind"
	claimRole      = "role"
	claimRequest   = "rid"
)

// MinKeyBytes is the shortest key that Sign and Verify accept: below it a recorded assertion lets the
// key be guessed.
const MinKeyBytes = 16

// CheckKey refuses keys that are too short to sign with. The error does not hold the key.
func CheckKey(key string) error {
	if len(key) < MinKeyBytes {
		return fmt.Errorf("must have at least %d bytes, got %d; generate one with `openssl rand -base64 32`", MinKeyBytes, len(key))
	}
	return nil
}

// Sign asserts the caller for the next minute, as a JWT (RFC 7519) signed by HS256 with a key derived
// from the given one (HKDF, RFC 5869).
func Sign(key string, c Caller, now time.Time) (string, error) {
	derived, err := derive(key)
	if err != nil {
		return "", err
	}
	if err := c.check(); err != nil {
		return "", err
	}
	token, err := jwt.NewBuilder().Issuer(issuer).Audience([]string{audience}).
		IssuedAt(now).NotBefore(now).Expiration(now.Add(lifetime)).Subject(c.Subject).
		Claim(claimWorkspace, c.Workspace).Claim(claimKind, c.Kind).Claim(claimRole, string(c.Role)).Claim(claimRequest, c.RequestID).
		Build()
	if err != nil {
		return "", fmt.Errorf("build the assertion: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256(), derived))
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return string(signed), nil
}

// Verify gives the caller of an assertion that was signed with the same key less than a minute ago.
func Verify(key, assertion string, now time.Time) (Caller, error) {
	derived, err := derive(key)
	if err != nil {
		return Caller{}, err
	}
	if len(assertion) > maxAssertion {
		return Caller{}, fmt.Errorf("the assertion must have at most %d bytes, got %d", maxAssertion, len(assertion))
	}
	if strings.Count(assertion, ".") != 2 || strings.ContainsAny(assertion, "{ \t\r\n") {
		return Caller{}, errors.New("the assertion is not a JWT in its compact form")
	}
	token, err := jwt.Parse([]byte(assertion), jwt.WithKey(jwa.HS256(), derived),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithClock(jwt.ClockFunc(func() time.Time { return now })), jwt.WithAcceptableSkew(skew))
	if err != nil {
		return Caller{}, fmt.Errorf("the assertion is not valid: %w", err)
	}
	return callerOf(token)
}

func callerOf(token jwt.Token) (Caller, error) {
	var c Caller
	var role string
	c.Subject, _ = token.Subject()
	err := errors.Join(token.Get(claimWorkspace, &c.Workspace), token.Get(claimKind, &c.Kind), token.Get(claimRole, &role), token.Get(claimRequest, &c.RequestID))
	if err != nil {
		return Caller{}, fmt.Errorf("the assertion lacks a claim: %w", err)
	}
	c.Role = Role(role)
	return c, c.check()
}

func derive(key string) ([]byte, error) {
	if err := CheckKey(key); err != nil {
		return nil, fmt.Errorf("the key of identities %w", err)
	}
	return hkdf.Key(sha256.New, []byte(key), nil, derivation, sha256.Size)
}
