package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/identity"
)

const (
	audience = "authenticated"
	leeway   = 30 * time.Second
)

// users verifies access tokens of one Supabase project
// (https://supabase.com/docs/guides/auth/jwts).
type users struct {
	issuer string
	keys   *keySet
	secret []byte // of HS256; nil refuses it
	now    func() time.Time
}

func newUsers(url, secret string, log *slog.Logger) *users {
	issuer := strings.TrimRight(url, "/") + "/auth/v1"
	u := &users{issuer: issuer, keys: newKeySet(issuer+"/.well-known/jwks.json", log), now: time.Now}
	if secret != "" {
		u.secret = []byte(secret)
	}
	return u
}

func (u *users) verify(ctx context.Context, token string) (Principal, *Error) {
	key, failure := u.keyOf(ctx, token)
	if failure != nil {
		return Principal{}, failure
	}
	claims, err := jwt.Parse([]byte(token), jwt.WithKey(key.algorithm, key.key), jwt.WithStrictStringClaims(true),
		jwt.WithIssuer(u.issuer), jwt.WithAudience(audience), jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.SubjectKey),
		jwt.WithClock(jwt.ClockFunc(u.now)), jwt.WithAcceptableSkew(leeway))
	switch {
	case errors.Is(err, jwt.TokenExpiredError()):
		return Principal{}, refused("the access token has expired; sign in again or refresh it", nil)
	case errors.Is(err, jwt.TokenNotYetValidError()):
		return Principal{}, refused("the access token is not valid yet", nil)
	case errors.Is(err, jwt.InvalidIssuerError()), errors.Is(err, jwt.InvalidAudienceError()):
		return Principal{}, refused("the access token is for another project or another audience", nil)
	case err != nil:
		return Principal{}, notValid(err)
	}
	return principalFrom(claims)
}

func principalFrom(claims jwt.Token) (Principal, *Error) {
	p := Principal{Kind: identity.KindUser}
	p.Subject, _ = claims.Subject()
	if !accounts.ValidUserID(p.Subject) {
		return Principal{}, refused("the access token names nobody: its sub must have 1-255 characters of a-z A-Z 0-9 . _ : | -", nil)
	}
	var anonymous bool
	if claims.Has("is_anonymous") && (claims.Get("is_anonymous", &anonymous) != nil || anonymous) {
		return Principal{}, forbidden("anonymous users have no access: sign in with an account")
	}
	if claims.Get("email", &p.Email) != nil || !accounts.ValidEmail(p.Email) {
		p.Email = "" // it is shown to other members, and nothing depends on it
	}
	return p, nil
}

// header is what a token says about its own signature: a claim, to be checked against the key.
type header struct {
	Algorithm string          `json:"alg"`
	KeyID     string          `json:"kid"`
	Critical  json.RawMessage `json:"crit"`
}

// keyOf chooses the key by which the token has to be signed. The algorithm is the key's; a token that states
// another is refused before anything is computed, so none, and HS256 with a public key as secret, do not get far.
func (u *users) keyOf(ctx context.Context, token string) (verifyKey, *Error) {
	h, err := headerOf(token)
	if err != nil {
		return verifyKey{}, notValid(err)
	}
	if h.Algorithm == jwa.HS256().String() {
		if u.secret == nil {
			return verifyKey{}, notValid(errors.New("HS256 without SUPABASE_JWT_SECRET"))
		}
		return verifyKey{algorithm: jwa.HS256(), key: u.secret}, nil
	}
	if h.Algorithm != jwa.ES256().String() && h.Algorithm != jwa.RS256().String() || h.KeyID == "" {
		return verifyKey{}, notValid(errors.New("the algorithm is none of ES256 and RS256, or the key id is missing"))
	}
	key, err := u.keys.find(ctx, h.KeyID)
	switch {
	case errors.Is(err, errUnknownKey):
		return verifyKey{}, notValid(err)
	case err != nil:
		return verifyKey{}, unavailable("Supabase, whose keys verify access tokens,", err)
	case key.algorithm.String() != h.Algorithm:
		return verifyKey{}, notValid(errors.New("the algorithm is not the key's"))
	}
	return key, nil
}

func headerOf(token string) (h header, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return h, errors.New("it has not three parts")
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, err
	}
	if h.Critical != nil || len(h.KeyID) > 255 {
		return h, errors.New("it has critical extensions, or a key id of more than 255 bytes")
	}
	return h, nil
}

func notValid(cause error) *Error {
	return refused("the access token is not valid: it must be signed by the Supabase project of this service", cause)
}
