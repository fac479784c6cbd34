package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// shelf is a workspace to keep workflows in.
type shelf struct {
	store.Documents
	pool      *pgxpool.Pool
	workspace string
}

func newShelf(t *testing.T) shelf {
	t.Helper()
	pool := databasetest.Open(t)
	return shelf{store.New(pool).Workflows(), pool, databasetest.Workspace(t, pool)}
}

var ann, bob = store.Actor{Subject: "ann", Kind: "user"}, store.Actor{Subject: "key_bob", Kind: "api_key"}

func draft(name string, by store.Actor) store.Draft {
	return store.Draft{Name: name, Description: "about " + name, Text: `{"name":  "` + name + `", "b": 1, "a": 2}`, By: by}
}

func (s shelf) create(t *testing.T, name string) store.Document {
	t.Helper()
	w, err := s.Create(t.Context(), s.workspace, draft(name, ann))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func wantError(t *testing.T, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func TestADraftIsKeptAsItWasWritten(t *testing.T) {
	s := newShelf(t)
	created := s.create(t, "first")
	read, err := s.Get(t.Context(), s.workspace, created.ID)
	if err != nil || read != created {
		t.Errorf("read %+v, %v\nwant %+v", read, err, created)
	}
	if !id.Valid(id.Workflow, read.ID) || read.Revision != 1 || read.PublishedVersion != 0 || read.CreatedBy != ann || read.Text != draft("first", ann).Text {
		t.Errorf("it is %+v", read)
	}
	updated, err := s.Update(t.Context(), s.workspace, created.ID, 1, draft("second", bob))
	if err != nil || updated.Revision != 2 || updated.Name != "second" || updated.Description != "about second" || updated.CreatedBy != ann || updated.UpdatedBy != bob {
		t.Errorf("updated %+v, %v", updated, err)
	}
	if !updated.UpdatedAt.After(created.UpdatedAt) || !updated.CreatedAt.Equal(created.CreatedAt) {
		t.Errorf("created %s, updated %s", updated.CreatedAt, updated.UpdatedAt)
	}
	if again, err := s.Get(t.Context(), s.workspace, created.ID); err != nil || again != updated {
		t.Errorf("read %+v, %v\nwant %+v", again, err, updated)
	}
}

func TestAStaleChangeIsRefused(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "w")
	if _, err := s.Update(t.Context(), s.workspace, w.ID, store.AnyRevision, draft("w", bob)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Update(t.Context(), s.workspace, w.ID, 1, draft("lost", ann))
	wantError(t, err, store.ErrStale, w.ID, "at revision 2, not 1", "read it again")
	wantError(t, s.Delete(t.Context(), s.workspace, w.ID, 1), store.ErrStale)
	_, err = s.Publish(t.Context(), s.workspace, w.ID, 1, "", ann)
	wantError(t, err, store.ErrStale)
	if read, err := s.Get(t.Context(), s.workspace, w.ID); err != nil || read.Revision != 2 || read.PublishedVersion != 0 {
		t.Errorf("it became %+v, %v", read, err)
	}
}

func TestOneOfManyChangesWins(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "w")
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Update(t.Context(), s.workspace, w.ID, 1, draft("w", bob)) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantError(t, err, store.ErrStale)
		}
	}
	if won != 1 {
		t.Errorf("%d changes of revision 1 won", won)
	}
}

func TestADeletedWorkflowIsGoneButForItsRuns(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "w")
	if _, err := s.Publish(t.Context(), s.workspace, w.ID, 1, "", ann); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), s.workspace, w.ID, 1); err != nil {
		t.Fatal(err)
	}
	s.wantNothing(t, s.workspace, w.ID)
	if list, err := s.List(t.Context(), s.workspace, "", paging.Cursor{}, 10); err != nil || len(list) != 0 {
		t.Errorf("the list has %+v, %v", list, err)
	}
	if v, err := s.PinnedVersion(t.Context(), s.workspace, w.ID, 1); err != nil || v.Text != w.Text {
		t.Errorf("a run finds %+v, %v", v, err)
	}
}

// wantNothing asks for everything about a workflow that is not there.
func (s shelf) wantNothing(t *testing.T, workspace, workflow string) {
	t.Helper()
	_, get := s.Get(t.Context(), workspace, workflow)
	_, update := s.Update(t.Context(), workspace, workflow, store.AnyRevision, draft("x", bob))
	_, publish := s.Publish(t.Context(), workspace, workflow, 1, "", bob)
	_, rollback := s.Rollback(t.Context(), workspace, workflow, 1, "", "", "", bob)
	_, version := s.Version(t.Context(), workspace, workflow, 1)
	_, newest := s.Version(t.Context(), workspace, workflow, store.NewestVersion)
	_, versions := s.Versions(t.Context(), workspace, workflow, 0, 10)
	for what, err := range map[string]error{
		"get": get, "update": update, "publish": publish, "rollback": rollback, "version": version, "newest": newest, "versions": versions,
		"delete": s.Delete(t.Context(), workspace, workflow, store.AnyRevision),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of %q: %v", what, workflow, err)
		}
	}
}

func TestAnotherWorkspacesWorkflowIsNotFound(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "secret")
	if _, err := s.Publish(t.Context(), s.workspace, w.ID, 1, "", ann); err != nil {
		t.Fatal(err)
	}
	other := databasetest.Workspace(t, s.pool)
	s.wantNothing(t, other, w.ID)
	_, err := s.PinnedVersion(t.Context(), other, w.ID, 1)
	wantError(t, err, store.ErrNotFound)
	if list, err := s.List(t.Context(), other, "", paging.Cursor{}, 10); err != nil || len(list) != 0 {
		t.Errorf("the list has %+v, %v", list, err)
	}
	if read, err := s.Get(t.Context(), s.workspace, w.ID); err != nil || read.Revision != 1 || read.PublishedVersion != 1 {
		t.Errorf("it became %+v, %v", read, err)
	}
	for _, odd := range []string{"", "wfl_", id.New("run"), id.New(id.Workflow), "'; --", strings.Repeat("x", 1000)} {
		s.wantNothing(t, s.workspace, odd)
	}
}

func TestWorkflowsArePagedNewestFirst(t *testing.T) {
	s := newShelf(t)
	var want []string
	for _, name := range []string{"Alpha", "beta 100%", "Ärger_a", "gamma", "ALPHABET"} {
		want = append(want, s.create(t, name).Name)
	}
	slices.Reverse(want)
	var got []string
	var after paging.Cursor
	for {
		page, err := s.List(t.Context(), s.workspace, "", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range page {
			got = append(got, w.Name)
			after = paging.Cursor{Time: w.CreatedAt, ID: w.ID}
			if w.Text != "" {
				t.Error("a list carries documents")
			}
		}
		if len(page) < 2 {
			break
		}
		s.create(t, "one that came meanwhile")
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
	for text, found := range map[string][]string{"alpha": {"ALPHABET", "Alpha"}, "ärg": {"Ärger_a"}, "0%": {"beta 100%"}, "_": {"Ärger_a"}, "%%": nil} {
		page, err := s.List(t.Context(), s.workspace, text, paging.Cursor{}, 10)
		names := make([]string, 0, len(page))
		for _, w := range page {
			names = append(names, w.Name)
		}
		if err != nil || !slices.Equal(names, found) {
			t.Errorf("%q finds %v, %v; want %v", text, names, err, found)
		}
	}
}

func TestAgentsAreKeptApartFromWorkflows(t *testing.T) {
	s := newShelf(t)
	workflow := s.create(t, "w")
	s.Documents = store.New(s.pool).Agents()
	agent := s.create(t, "a")
	if !id.Valid(id.Agent, agent.ID) {
		t.Fatalf("the agent is %+v", agent)
	}
	s.wantNothing(t, s.workspace, workflow.ID)
	first := s.publish(t, agent.ID, 1, "")
	if _, err := s.Update(t.Context(), s.workspace, agent.ID, 1, draft("b", bob)); err != nil {
		t.Fatal(err)
	}
	s.publish(t, agent.ID, 2, "")
	back, err := s.Rollback(t.Context(), s.workspace, agent.ID, 1, "a", "", "", bob)
	if err != nil || back.Version != 3 || back.DocumentID != agent.ID || back.Text != first.Text {
		t.Errorf("rolled back to %+v, %v", back, err)
	}
	if list, err := s.List(t.Context(), s.workspace, "", paging.Cursor{}, 10); err != nil || len(list) != 1 || list[0].Name != "a" || list[0].PublishedVersion != 3 {
		t.Errorf("the list has %+v, %v", list, err)
	}
	s.wantNothing(t, databasetest.Workspace(t, s.pool), agent.ID)
	if err := s.Delete(t.Context(), s.workspace, agent.ID, store.AnyRevision); err != nil {
		t.Fatal(err)
	}
	s.wantNothing(t, s.workspace, agent.ID)
	if v, err := s.PinnedVersion(t.Context(), s.workspace, agent.ID, 1); err != nil || v.Text != first.Text {
		t.Errorf("a run finds %+v, %v", v, err)
	}
}
