package httpcall

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/sealing"
	"github.com/agentteam/agentteam/internal/servicetest"
)

const secret = `hunter2 "ä"/+&=` //nolint:gosec // of a test, with what is written differently in other places

// safe is a client with a vault, in a workspace of its own.
type safe struct {
	client    *Client
	vault     *credential.Vault
	tables    *store.Store
	workspace string
	stranger  string // another workspace
}

func newSafe(t *testing.T) *safe {
	t.Helper()
	pool := databasetest.Open(t)
	sealer, err := sealing.New(servicetest.CredentialsKey())
	if err != nil {
		t.Fatal(err)
	}
	tables := store.New(pool)
	s := &safe{vault: credential.NewVault(tables, sealer), tables: tables, workspace: databasetest.Workspace(t, pool), stranger: databasetest.Workspace(t, pool)}
	s.client = NewClient(loopback().http, s.vault)
	return s
}

// keep stores a credential for an origin and gives its id.
func (s *safe) keep(t *testing.T, c store.Credential, origin string) string {
	t.Helper()
	var err error
	c.ID, c.Name, c.Origins = id.New(id.Credential), "test", []string{origin}
	if c.Sealed, err = s.vault.Seal(s.workspace, c.ID, secret); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tables.CreateCredential(t.Context(), s.workspace, c); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func (s *safe) get(t *testing.T, workspace, address, credential string) (string, *node.Failure) {
	t.Helper()
	output, failure := s.client.Do(t.Context(), node.CallID{Workspace: workspace, Run: "run_1"}, Request{URL: address, Credential: credential})
	return string(output), failure
}

// echoes repeats the headers that it got, as JSON, as a header, and in other spellings.
func echoes(t *testing.T) (origin string, got *http.Header) {
	t.Helper()
	got = new(http.Header)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*got = r.Header.Clone()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
		_ = json.NewEncoder(w).Encode(map[string]any{"headers": r.Header, "plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret)})
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func TestASecretJoinsTheRequestAndNotTheAnswer(t *testing.T) {
	s := newSafe(t)
	origin, got := echoes(t)
	basic := base64.StdEncoding.EncodeToString([]byte("ada:" + secret))
	for _, test := range []struct {
		credential   store.Credential
		header, want string
	}{
		{store.Credential{Kind: "bearer"}, "Authorization", "Bearer " + secret},
		{store.Credential{Kind: "header", Header: "X-Api-Key"}, "X-Api-Key", secret},
		{store.Credential{Kind: "basic", Username: "ada"}, "Authorization", "Basic " + basic},
	} {
		output, failure := s.get(t, s.workspace, origin+"/x", s.keep(t, test.credential, origin))
		if failure != nil || got.Get(test.header) != test.want || got.Get("Agent-Team-Run") != "run_1" {
			t.Errorf("%s: %v, the server got %v", test.credential.Kind, failure, *got)
		}
		var answer struct{ Body map[string]any }
		if err := json.Unmarshal([]byte(output), &answer); err != nil || answer.Body["plain"] != "[redacted]" {
			t.Errorf("%s: %v, %s", test.credential.Kind, err, output)
		}
		for _, form := range []string{"hunter2", basic, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(output, form) {
				t.Errorf("%s: the answer shows %s:\n%s", test.credential.Kind, form, output)
			}
		}
	}
}

func TestASecretGoesNowhereElse(t *testing.T) {
	s := newSafe(t)
	thief, stolen := echoes(t)
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief+"/stolen", http.StatusTemporaryRedirect)
	}))
	defer home.Close()
	key := s.keep(t, store.Credential{Kind: "header", Header: "X-Api-Key"}, home.URL)
	redirected, failure := s.get(t, s.workspace, home.URL, key)
	if failure != nil || stolen.Get("X-Api-Key") != "" || stolen.Get("User-Agent") == "" {
		t.Errorf("a redirect: %v, the thief got %v, %s", failure, *stolen, redirected)
	}
	*stolen = http.Header{}
	for name, test := range map[string]struct{ workspace, address, credential, mention string }{
		"another host":                   {s.workspace, thief, key, "may be sent to " + home.URL + " alone"},
		"another scheme":                 {s.workspace, strings.Replace(home.URL, "http:", "https:", 1), key, "is not for https://"},
		"another workspace's credential": {s.stranger, home.URL, key, "not found"},
		"no such credential":             {s.workspace, home.URL, id.New(id.Credential), "not found"},
		"no id":                          {s.workspace, home.URL, "crd_1", "not found"},
	} {
		_, failure := s.get(t, test.workspace, test.address, test.credential)
		if failure == nil || failure.Code != node.CodeCredential || !failure.Final || !strings.Contains(failure.Message, test.mention) {
			t.Errorf("%s: %v", name, failure)
		}
		if strings.Contains(fmt.Sprint(failure), "hunter2") || len(*stolen) > 0 {
			t.Errorf("%s: the secret got out: %v, %v", name, failure, *stolen)
		}
	}
	if err := s.tables.DeleteCredential(t.Context(), s.workspace, key); err != nil {
		t.Fatal(err)
	}
	if _, failure := s.get(t, s.workspace, home.URL, key); failure == nil || failure.Code != node.CodeCredential {
		t.Errorf("a deleted credential: %v", failure)
	}
}
