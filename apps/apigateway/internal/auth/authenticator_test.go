package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lestrrat-go/jwx/v3/jwa"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
)

// gate is an Authenticator with a guard that admits the first n strangers.
type gate struct {
	*Authenticator
	accounts  *accounts.Accounts
	pool      *pgxpool.Pool
	strangers atomic.Int64
	admits    int64
}

func newGate(t testing.TB, url string, admits int64) *gate {
	t.Helper()
	g := &gate{admits: admits, pool: databasetest.Open(t)}
	log := slog.New(slog.DiscardHandler)
	g.accounts = accounts.New(accounts.Options{Pool: g.pool, Log: log})
	var err error
	g.Authenticator, err = New(Options{Accounts: g.accounts, Stranger: g.stranger, SupabaseURL: url, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gate) stranger(context.Context, *http.Request) ratelimit.Decision {
	return ratelimit.Decision{Allowed: g.strangers.Add(1) <= g.admits, RetryAfter: time.Second}
}

// request carries the credential, and names the workspace unless that is empty.
func request(credential, workspace string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/workflows", nil)
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	if workspace != "" {
		r.Header.Set(WorkspaceHeader, workspace)
	}
	return r
}

// code is that of the error, "" for none.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	if (failure.Status == http.StatusUnauthorized) != (failure.Challenge != "") || strings.Count(failure.Challenge, `"`)%2 != 0 {
		t.Errorf("%d with the challenge %q", failure.Status, failure.Challenge)
	}
	return failure.Code
}

func TestAPIKeys(t *testing.T) {
	g := newGate(t, "", 100)
	workspace, secret, err := accounts.CreateWorkspaceWithKey(t.Context(), g.pool, "Team", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := accounts.CreateWorkspaceWithKey(t.Context(), g.pool, "Other", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	var caller identity.Caller
	for range 3 {
		if caller, err = g.Authenticate(t.Context(), request(secret, "")); err != nil || caller.Workspace != workspace || caller.Kind != identity.KindAPIKey || caller.Role != identity.Admin {
			t.Fatalf("%+v, %v", caller, err)
		}
	}
	if n := g.strangers.Load(); n != 1 {
		t.Errorf("a good key was counted %d times as a stranger", n)
	}
	_, err = g.Authenticate(t.Context(), request(secret, workspace))
	if code(t, err) != "" {
		t.Error(err)
	}
	_, err = g.Authenticate(t.Context(), request(secret, other))
	if code(t, err) != CodeForbidden {
		t.Errorf("a key acts in another workspace: %v", err)
	}
	if err := g.accounts.RevokeKey(t.Context(), caller, caller.Subject); err != nil {
		t.Fatal(err)
	}
	_, err = g.Authenticate(t.Context(), request(secret, ""))
	if code(t, err) != CodeUnauthenticated {
		t.Errorf("a revoked key: %v", err)
	}
}

func TestRequestsAtOnceAskOnce(t *testing.T) {
	g := newGate(t, "", 1)
	_, secret, err := accounts.CreateWorkspaceWithKey(t.Context(), g.pool, "Team", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave() // whoever leaves does not fail the others
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := g.Authenticate(gone, request(secret, "")); err != nil {
				t.Errorf("%s: %v", code(t, err), err)
			}
		})
	}
	all.Wait()
	if n := g.strangers.Load(); n != 1 {
		t.Errorf("a key that was not cached was counted %d times as a stranger", n)
	}
}

func TestStrangersAreLimited(t *testing.T) {
	p := newProject(t, elliptic256(t, "es"))
	forged := p.token(t, jwa.ES256(), elliptic256(t, "es"), nil)
	for name, credential := range map[string]string{
		"unknown key": accounts.SecretPrefix + strings.Repeat("A", 43), "malformed key": accounts.SecretPrefix + "x", "forged token": forged, "nothing": "",
	} {
		g := newGate(t, p.URL, 2)
		var codes []string
		for range 3 {
			_, err := g.Authenticate(t.Context(), request(credential, ""))
			codes = append(codes, code(t, err))
		}
		if !slices.Equal(codes, []string{CodeUnauthenticated, CodeUnauthenticated, CodeRateLimited}) || g.strangers.Load() != 3 {
			t.Errorf("%s: %v, %d counted", name, codes, g.strangers.Load())
		}
	}
}

func TestTheWorkspaceOfAUser(t *testing.T) {
	key := elliptic256(t, "es")
	p := newProject(t, key)
	g := newGate(t, p.URL, 100)
	token := p.token(t, jwa.ES256(), key, nil)
	enter := func(workspace string) (identity.Caller, string) {
		caller, err := g.Authenticate(t.Context(), request(token, workspace))
		return caller, code(t, err)
	}
	if _, got := enter(""); got != CodeNoWorkspace {
		t.Errorf("in no workspace: %s", got)
	}
	one, err := g.accounts.CreateWorkspace(t.Context(), accounts.User{ID: ada}, "One")
	if err != nil {
		t.Fatal(err)
	}
	if c, got := enter(""); got != "" || c.Workspace != one.ID || c.Role != identity.Owner || c.Subject != ada || c.Kind != identity.KindUser {
		t.Errorf("in the only one: %+v %s", c, got)
	}
	two, err := g.accounts.CreateWorkspace(t.Context(), accounts.User{ID: ada}, "Two")
	if err != nil {
		t.Fatal(err)
	}
	if _, got := enter(""); got != CodeAmbiguous {
		t.Errorf("in one of two: %s", got)
	}
	if c, got := enter(two.ID); got != "" || c.Workspace != two.ID {
		t.Errorf("in the second: %+v %s", c, got)
	}
	for _, workspace := range []string{databasetest.Workspace(t, g.pool), "wsp_00000000000000000000000000", "x'; --", strings.Repeat("w", 10_000)} {
		_, err := g.Authenticate(t.Context(), request(token, workspace))
		if code(t, err) != CodeForbidden || len(err.Error()) > 300 {
			t.Errorf("in %.40s: %v", workspace, err)
		}
	}
	owner, _ := enter(two.ID)
	if _, err := g.accounts.PutMember(t.Context(), owner, accounts.User{ID: "bob"}, identity.Owner); err != nil {
		t.Fatal(err)
	}
	if err := g.accounts.RemoveMember(t.Context(), owner, ada); err != nil {
		t.Fatal(err)
	}
	if _, got := enter(two.ID); got != CodeForbidden {
		t.Errorf("in one that was left: %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"SUPABASE_URL is not":      {SupabaseJWTSecret: secret},
		"at least 32 bytes, got 5": {SupabaseURL: "https://x.supabase.co", SupabaseJWTSecret: "short"},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAUserWithoutAProject(t *testing.T) {
	g := newGate(t, "", 100)
	p := newProject(t)
	_, err := g.Identify(t.Context(), request(p.token(t, jwa.HS256(), []byte(secret), nil), ""))
	if code(t, err) != CodeUnauthenticated || !strings.Contains(err.Error(), "no Supabase project") {
		t.Error(err)
	}
}

func TestBearer(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		want   bool
	}{
		"usual":         {[]string{"Bearer abc"}, true},
		"lower case":    {[]string{"bearer  abc"}, true},
		"none":          {nil, false},
		"empty":         {[]string{""}, false},
		"basic":         {[]string{"Basic YTpi"}, false},
		"nothing after": {[]string{"Bearer "}, false},
		"two":           {[]string{"Bearer abc", "Bearer abc"}, false},
		"a space":       {[]string{"Bearer abc def"}, false},
		"a quote":       {[]string{`Bearer "abc"`}, false},
		"8 KiB":         {[]string{"Bearer " + strings.Repeat("a", 8192)}, true},
		"more":          {[]string{"Bearer " + strings.Repeat("a", 8193)}, false},
	} {
		_, failure := bearer(http.Header{"Authorization": c.header})
		if (failure == nil) != c.want {
			t.Errorf("%s: %v", name, failure)
		}
	}
}

// FuzzAuthorization sends any header: no panic, no 5xx, and nobody is let in.
func FuzzAuthorization(f *testing.F) {
	p := newProject(f, elliptic256(f, "es"))
	good := p.token(f, jwa.ES256(), elliptic256(f, "es"), nil)
	u, _ := p.users("")
	for _, seed := range []string{
		"", "Bearer", "Bearer " + good, "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer atk_" + strings.Repeat("A", 43), "Basic YTpi",
		"Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6WzFdfQ.e30.AA", "bearer .a.b", "Bearer {\"payload\":\"\"}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		credential, failure := bearer(http.Header{"Authorization": {header}})
		if failure == nil {
			accounts.HashSecret(credential)
			_, failure = u.verify(t.Context(), credential)
		}
		if failure == nil || failure.Status != http.StatusUnauthorized || strings.Count(failure.Challenge, `"`)%2 != 0 {
			t.Errorf("%q: %+v", header, failure)
		}
	})
}
