package idempotency

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
)

type ownerKey struct{}

// api counts what really happens behind the keys.
type api struct {
	keys  *Keys
	pool  *pgxpool.Pool
	owner Owner
	done  atomic.Int32
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{pool: databasetest.Open(t)}
	a.owner = Owner{Workspace: databasetest.Workspace(t, a.pool), Subject: "ada"}
	a.keys = New(Options{
		Pool:   a.pool,
		Owner:  func(ctx context.Context) (Owner, bool) { o, ok := ctx.Value(ownerKey{}).(Owner); return o, ok },
		Secret: func(body []byte) bool { return strings.Contains(string(body), "atk_") },
		Refuse: func(w http.ResponseWriter, _ *http.Request, p Problem) { http.Error(w, p.Code, p.Status) },
		Log:    slog.New(slog.DiscardHandler),
	})
	return a
}

// post sends a request with the key, and answers as the handler does; without one, 201 and a count.
func (a *api) post(t *testing.T, owner *Owner, key, body string, handle http.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/things?x=1", strings.NewReader(body))
	if key != "" {
		r.Header.Set(Header, key)
	}
	if owner != nil {
		r = r.WithContext(context.WithValue(r.Context(), ownerKey{}, *owner))
	}
	w := httptest.NewRecorder()
	a.keys.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := a.done.Add(1)
		if handle != nil {
			handle(w, r)
			return
		}
		read, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", "/v1/things/1")
		w.Header().Set("X-Request-ID", "of the first")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%d: %s", n, read)
	})).ServeHTTP(w, r)
	return w
}

func (a *api) times(t *testing.T, want int32) {
	t.Helper()
	if got := a.done.Swap(0); got != want {
		t.Errorf("carried out %d times, want %d", got, want)
	}
}

// sql changes the owner's rows, to let time pass.
func (a *api) sql(t *testing.T, sql string) {
	t.Helper()
	err := database.InWorkspace(t.Context(), a.pool, a.owner.Workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSameRequestGetsTheFirstAnswerAgain(t *testing.T) {
	a := newAPI(t)
	first, second := a.post(t, &a.owner, "k", "body", nil), a.post(t, &a.owner, "k", "body", nil)
	a.times(t, 1)
	if first.Header().Get(ReplayedHeader) != "" || second.Header().Get(ReplayedHeader) != "true" {
		t.Errorf("first %v, second %v", first.Header(), second.Header())
	}
	if second.Code != first.Code || second.Body.String() != "1: body" || second.Header().Get("Location") != "/v1/things/1" || second.Header().Get("X-Request-ID") != "" {
		t.Errorf("replayed %d %v %s", second.Code, second.Header(), second.Body)
	}
	if w := a.post(t, &a.owner, "k", "another body", nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), CodeMismatch) {
		t.Errorf("another body: %d %s", w.Code, w.Body)
	}
	a.times(t, 0)
}

func TestKeysAreTheirSendersOwn(t *testing.T) {
	a := newAPI(t)
	other := Owner{Workspace: databasetest.Workspace(t, a.pool), Subject: "ada"}
	for name, owner := range map[string]Owner{
		"ada": a.owner, "bob": {Workspace: a.owner.Workspace, Subject: "bob"}, "another workspace": other,
		"outside of workspaces": {Subject: "ada"}, "another outside": {Subject: "bob"},
	} {
		if w := a.post(t, &owner, "k", "of "+name, nil); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := a.post(t, &owner, "k", "of "+name, nil); w.Header().Get(ReplayedHeader) == "" || !strings.HasSuffix(w.Body.String(), "of "+name) {
			t.Errorf("%s again: %d %s", name, w.Code, w.Body)
		}
	}
	a.times(t, 5)
}

func TestWhatHasNoKeyOrNoOwnerIsPassedOn(t *testing.T) {
	a := newAPI(t)
	for range 2 {
		a.post(t, &a.owner, "", "", nil)
		a.post(t, nil, "k", "", nil)
	}
	a.times(t, 4)
	for _, key := range []string{"a b", "é", "\t", strings.Repeat("k", 256)} {
		if w := a.post(t, &a.owner, key, "", nil); w.Code != http.StatusBadRequest {
			t.Errorf("the key %.20q: %d", key, w.Code)
		}
	}
	if w := a.post(t, &a.owner, strings.Repeat("~", 255), "", nil); w.Code != http.StatusCreated {
		t.Errorf("the longest key: %d", w.Code)
	}
	a.times(t, 1)
}

func TestWhichAnswersAreKept(t *testing.T) {
	a := newAPI(t)
	for status, kept := range map[int]bool{200: true, 202: true, 204: true, 400: true, 404: true, 409: true, 422: true, 408: false, 429: false, 500: false, 503: false} {
		key := fmt.Sprint("k", status)
		answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
		first, second := a.post(t, &a.owner, key, "", answer), a.post(t, &a.owner, key, "", answer)
		if first.Code != status || second.Code != status {
			t.Errorf("%d: %d and %d", status, first.Code, second.Code)
		}
		if kept {
			a.times(t, 1)
		} else {
			a.times(t, 2)
		}
	}
}

func TestSecretsAndGiantsAreNotKept(t *testing.T) {
	a := newAPI(t)
	for key, text := range map[string]string{"shown once": `{"key":"atk_x"}`, "giant": strings.Repeat("g", maxAnswer+1)} {
		answer := func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, text)
		}
		if w := a.post(t, &a.owner, strings.ReplaceAll(key, " ", "-"), "", answer); w.Code != 201 || w.Body.String() != text {
			t.Errorf("%s at first: %d, %d bytes", key, w.Code, w.Body.Len())
		}
		if w := a.post(t, &a.owner, strings.ReplaceAll(key, " ", "-"), "", answer); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), CodeUnreplayable) {
			t.Errorf("%s again: %d", key, w.Code)
		}
		a.times(t, 1)
	}
	var stored int
	err := database.InWorkspace(t.Context(), a.pool, a.owner.Workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM idempotency_keys WHERE strpos(idempotency_keys::text, 'atk_') > 0 OR strpos(encode(body, 'escape'), 'atk_') > 0`).Scan(&stored)
	})
	if err != nil || stored != 0 {
		t.Errorf("%d rows hold a secret, %v", stored, err)
	}
}

func TestOneOfManyAtOnceIsCarriedOut(t *testing.T) {
	a := newAPI(t)
	started, release := make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		a.post(t, &a.owner, "k", "", func(w http.ResponseWriter, _ *http.Request) {
			close(started)
			<-release
			w.WriteHeader(http.StatusCreated)
		})
	})
	<-started
	var rest sync.WaitGroup
	for range 20 {
		rest.Go(func() {
			if w := a.post(t, &a.owner, "k", "", nil); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), CodeInFlight) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	rest.Wait()
	close(release)
	first.Wait()
	a.times(t, 1)
}

func TestAClientThatLeavesGetsItsAnswerLater(t *testing.T) {
	a := newAPI(t)
	ctx, leave := context.WithCancel(context.WithValue(t.Context(), ownerKey{}, a.owner))
	r := httptest.NewRequest(http.MethodPost, "/v1/things?x=1", nil).WithContext(ctx)
	r.Header.Set(Header, "k")
	a.keys.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { leave(); w.WriteHeader(http.StatusCreated) })).ServeHTTP(httptest.NewRecorder(), r)
	if w := a.post(t, &a.owner, "k", "", nil); w.Code != 201 || w.Header().Get(ReplayedHeader) == "" {
		t.Errorf("%d", w.Code)
	}
}

func TestAPanicFreesTheKey(t *testing.T) {
	a := newAPI(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		a.post(t, &a.owner, "k", "", func(http.ResponseWriter, *http.Request) { panic("bug") })
	}()
	if w := a.post(t, &a.owner, "k", "", nil); w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAVanishedProcessFreesTheKeyAndTheIDStays(t *testing.T) {
	a := newAPI(t)
	var ids []string
	claimOnly := func(w http.ResponseWriter, r *http.Request) {
		ids = append(ids, NewID(r.Context(), id.Run), NewID(r.Context(), id.Workflow))
		w.WriteHeader(http.StatusCreated)
	}
	a.post(t, &a.owner, "k", "", claimOnly)
	a.sql(t, `UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, claimed_at = now() - interval '50 seconds', created_at = now() - interval '50 seconds'`)
	if w := a.post(t, &a.owner, "k", "", claimOnly); w.Code != http.StatusConflict {
		t.Errorf("after 50 s: %d", w.Code)
	}
	a.sql(t, `UPDATE idempotency_keys SET claimed_at = now() - interval '61 seconds'`)
	if w := a.post(t, &a.owner, "k", "other", claimOnly); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("after 61 s, another body: %d", w.Code)
	}
	ids = nil
	unfinished := func(w http.ResponseWriter, r *http.Request) {
		claimOnly(w, r)
		a.sql(t, `UPDATE idempotency_keys SET claimed_at = now() - interval '61 seconds'`) // too slow: another takes over
		if w := a.post(t, &a.owner, "k", "", claimOnly); w.Code != 201 {
			t.Errorf("the request that takes over: %d", w.Code)
		}
		w.WriteHeader(http.StatusInternalServerError)
	}
	a.post(t, &a.owner, "k", "", unfinished)
	if len(ids) != 4 || ids[0] != ids[2] || ids[1] != ids[3] || ids[0][4:] == ids[1][4:] || !id.Valid(id.Run, ids[0]) || !id.Valid(id.Workflow, ids[1]) {
		t.Errorf("the ids are %v", ids)
	}
	if w := a.post(t, &a.owner, "k", "", nil); w.Code != 201 || w.Header().Get(ReplayedHeader) == "" {
		t.Errorf("the slow one overwrote the answer: %d", w.Code)
	}
	if one, other := NewID(t.Context(), id.Run), NewID(t.Context(), id.Run); one == other || !id.Valid(id.Run, one) {
		t.Errorf("without a key: %s and %s", one, other)
	}
}

// TestAFailureMayHaveBeenCarriedOut repeats a request whose answer was lost behind the gateway: what it made the first time is not to
// be made a second time under another id.
func TestAFailureMayHaveBeenCarriedOut(t *testing.T) {
	a := newAPI(t)
	var ids []string
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			ids = append(ids, NewID(r.Context(), id.Run))
			w.WriteHeader(status)
		}
	}
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusCreated} {
		if w := a.post(t, &a.owner, "k", "", answer(status)); w.Code != status {
			t.Errorf("got %d, want %d", w.Code, status)
		}
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("the ids are %v", ids)
	}
}

func TestOldKeysAreNewAgainAndGoAway(t *testing.T) {
	a := newAPI(t)
	var ids []string
	note := func(w http.ResponseWriter, r *http.Request) {
		ids = append(ids, NewID(r.Context(), id.Run))
		w.WriteHeader(http.StatusCreated)
	}
	old := `UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`
	a.post(t, &a.owner, "k", "", note)
	a.sql(t, old)
	if w := a.post(t, &a.owner, "k", "other", note); w.Code != 201 || w.Header().Get(ReplayedHeader) != "" || ids[0] == ids[1] {
		t.Errorf("a day later: %d, ids %v", w.Code, ids)
	}
	a.post(t, &a.owner, "old", "", note)
	a.sql(t, old+` WHERE key = 'ada old'`)
	for _, want := range []int64{1, 0} {
		if deleted, err := a.keys.store.clean(t.Context()); err != nil || deleted != want {
			t.Errorf("%d deleted, want %d, %v", deleted, want, err)
		}
	}
	if w := a.post(t, &a.owner, "k", "other", nil); w.Header().Get(ReplayedHeader) == "" {
		t.Error("a young key is gone")
	}
}

func TestALostDatabaseCarriesNothingOut(t *testing.T) {
	a := newAPI(t)
	a.pool.Close()
	if w := a.post(t, &a.owner, "k", "", nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
	a.times(t, 0)
}
