// Package auth finds out who sends a request and in which workspace it acts. Users come with an access token
// of Supabase, programs with an API key.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/internal/identity"
)

// WorkspaceHeader names the workspace that a user acts in.
const WorkspaceHeader = "X-Workspace-Id"

// minSecret is the shortest HS256 secret: the hash's length (RFC 7518, section 3.2).
const minSecret = 32

// lookupLimit is how long a request waits for the database to say whose a key is.
const lookupLimit = 10 * time.Second

// Options are what an Authenticator needs.
type Options struct {
	Accounts *accounts.Accounts
	// Stranger counts a request without valid credentials, by address.
	Stranger func(context.Context, *http.Request) ratelimit.Decision
	// SupabaseURL is the project's; empty, no user can sign in and only API keys work.
	SupabaseURL string
	// SupabaseJWTSecret lets in tokens signed with HS256, which projects without asymmetric keys have. Empty refuses them.
	SupabaseJWTSecret string
	Log               *slog.Logger
}

// Authenticator is safe for concurrent use.
type Authenticator struct {
	accounts *accounts.Accounts
	stranger func(context.Context, *http.Request) ratelimit.Decision
	users    *users             // nil without Supabase
	lookups  singleflight.Group // of API keys
	log      *slog.Logger
}

// New makes an Authenticator. It connects to nothing yet.
func New(o Options) (*Authenticator, error) {
	a := &Authenticator{accounts: o.Accounts, stranger: o.Stranger, log: o.Log}
	switch {
	case o.SupabaseURL == "" && o.SupabaseJWTSecret != "":
		return nil, errors.New("SUPABASE_JWT_SECRET is set and SUPABASE_URL is not: tokens are checked for their issuer, so set both or none")
	case o.SupabaseJWTSecret != "" && len(o.SupabaseJWTSecret) < minSecret:
		return nil, fmt.Errorf("SUPABASE_JWT_SECRET must have at least %d bytes, got %d: copy the project's JWT secret", minSecret, len(o.SupabaseJWTSecret))
	case o.SupabaseURL != "":
		a.users = newUsers(o.SupabaseURL, o.SupabaseJWTSecret, o.Log)
	}
	return a, nil
}

// Authenticate gives the caller of a request that acts in a workspace: an API key's own; a user's by the header
// X-Workspace-Id, or the only one. Its errors are *[Error].
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (identity.Caller, error) {
	p, err := a.Identify(ctx, r)
	if err != nil {
		return identity.Caller{}, err
	}
	return a.Enter(ctx, p, r.Header.Get(WorkspaceHeader))
}

// Identify gives who sent the request, for operations outside of any workspace. Its errors are *[Error].
func (a *Authenticator) Identify(ctx context.Context, r *http.Request) (Principal, error) {
	credential, failure := bearer(r.Header)
	if failure == nil && strings.HasPrefix(credential, accounts.SecretPrefix) {
		return a.key(ctx, r, credential)
	}
	var p Principal
	if failure == nil {
		p, failure = a.user(ctx, credential)
	}
	if failure == nil {
		return p, nil
	}
	if failure.Status == http.StatusUnauthorized {
		if d := a.stranger(ctx, r); !d.Allowed {
			return Principal{}, limited(d.RetryAfter)
		}
	}
	return Principal{}, failure
}

func (a *Authenticator) user(ctx context.Context, token string) (Principal, *Error) {
	if a.users == nil {
		return Principal{}, refused("users cannot sign in here because no Supabase project is configured; send an API key", nil)
	}
	return a.users.verify(ctx, token)
}

func (a *Authenticator) key(ctx context.Context, r *http.Request, secret string) (Principal, error) {
	hash, wellFormed := accounts.HashSecret(secret)
	if !wellFormed {
		if d := a.stranger(ctx, r); !d.Allowed {
			return Principal{}, limited(d.RetryAfter)
		}
		return Principal{}, unknownKey()
	}
	if k, cached := a.accounts.CachedKey(hash); cached {
		return principalOf(k), nil
	}
	// A program that sends many requests at once when its key is not cached asks once, as one stranger. Who comes after a change
	// does not share the answer of who came before: it may be a key that was revoked.
	same := fmt.Sprint(a.accounts.Age(), ratelimit.Address(r), hash)
	p, err, _ := a.lookups.Do(same, func() (any, error) { return a.find(context.WithoutCancel(ctx), r, hash) })
	return p.(Principal), err //nolint:forcetypeassert // find gives nothing else
}

// find lets strangers reach the database no more often than their limit allows. It is for all who wait, whoever leaves.
func (a *Authenticator) find(ctx context.Context, r *http.Request, hash accounts.Hash) (Principal, error) {
	if k, cached := a.accounts.CachedKey(hash); cached { // by who asked a moment before
		return principalOf(k), nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	if d := a.stranger(ctx, r); !d.Allowed {
		return Principal{}, limited(d.RetryAfter)
	}
	k, found, err := a.accounts.FindKey(ctx, hash)
	if err != nil {
		return Principal{}, unavailable("the database of API keys", err)
	}
	if !found {
		return Principal{}, unknownKey()
	}
	return principalOf(k), nil
}
