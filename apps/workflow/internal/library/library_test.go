package library_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
)

// world is a workspace whose workflows are published without asking the library.
type world struct {
	*store.Store
	pool      *pgxpool.Pool
	workspace string
}

func newWorld(t *testing.T) world {
	t.Helper()
	pool := databasetest.Open(t)
	return world{store.New(pool), pool, databasetest.Workspace(t, pool)}
}

func (w world) library(providers map[string]string) *library.Library {
	return library.New(w.Store, graph.DefaultTypes(), providers)
}

func (w world) publish(t *testing.T, document string) (workflow string) {
	t.Helper()
	created, err := w.Workflows().Create(t.Context(), w.workspace, store.Draft{Text: document})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Workflows().Publish(t.Context(), w.workspace, created.ID, 1, "", store.Actor{}); err != nil {
		t.Fatal(err)
	}
	return created.ID
}

func document(nodes string) string {
	return `{"schema": "agentteam/v1", "name": "W", "inputs": {"type": "object", "required": ["topic"]}, "nodes": [` + nodes + `], "edges": []}`
}

const (
	value  = `{"id": "a", "type": "transform", "config": {"value": 1}}`
	agent  = `{"id": "a", "type": "agent", "config": {"provider": "openai", "model": "m", "instructions": "i", "prompt": "p"}}`
	future = `{"id": "a", "type": "levitate", "config": {}}`
)

func TestAVersionIsCompiledOnce(t *testing.T) {
	w := newWorld(t)
	l := w.library(nil)
	workflow := w.publish(t, document(value))
	graphs := make([]*graph.Graph, 8)
	var all sync.WaitGroup
	for i := range graphs {
		all.Go(func() {
			g, err := l.Graph(t.Context(), w.workspace, workflow, 1)
			if err != nil {
				t.Error(err)
			}
			graphs[i] = g
		})
	}
	all.Wait()
	if graphs[0] == nil || graphs[0].Node("a") == nil || len(slices.Compact(graphs)) != 1 {
		t.Fatalf("the graphs are %v", graphs)
	}
	w.pool.Close() // what is kept needs no database
	if again, err := l.Graph(t.Context(), w.workspace, workflow, 1); err != nil || again != graphs[0] {
		t.Errorf("again it is %v, %v", again, err)
	}
}

func TestAnotherWorkspaceHasNoGraph(t *testing.T) {
	w := newWorld(t)
	l := w.library(nil)
	workflow := w.publish(t, document(value))
	if _, err := l.Graph(t.Context(), w.workspace, workflow, 1); err != nil {
		t.Fatal(err)
	}
	other := databasetest.Workspace(t, w.pool)
	for what, err := range map[string]error{
		"another workspace's": graphError(t, l, other, workflow, 1),
		"no such version":     graphError(t, l, w.workspace, workflow, 2),
		"version 0":           graphError(t, l, w.workspace, workflow, 0),
		"a huge version":      graphError(t, l, w.workspace, workflow, math.MaxInt32+1),
		"no such workflow":    graphError(t, l, w.workspace, id.New(id.Workflow), 1),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func graphError(t *testing.T, l *library.Library, workspace, workflow string, version int) error {
	t.Helper()
	_, err := l.Graph(t.Context(), workspace, workflow, version)
	return err
}

func TestRunsOutliveWhatTheyWerePublishedWith(t *testing.T) {
	w := newWorld(t)
	inner := w.publish(t, document(value))
	outer := w.publish(t, document(fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": %q, "version": 1, "inputs": {"topic": "x"}}}`, inner)))
	withModel := w.publish(t, document(agent))
	for _, workflow := range []string{inner, outer} {
		if err := w.Workflows().Delete(t.Context(), w.workspace, workflow, store.AnyRevision); err != nil {
			t.Fatal(err)
		}
	}
	l := w.library(map[string]string{"openai": "set OPENAI_API_KEY"})
	for what, workflow := range map[string]string{"a deleted workflow": inner, "a deleted sub-workflow": outer, "a model that went away": withModel} {
		if g, err := l.Graph(t.Context(), w.workspace, workflow, 1); err != nil || g == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	err := graphError(t, l, w.workspace, w.publish(t, document(future)), 1)
	if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "levitate") {
		t.Errorf("of a later build: %v", err)
	}
}

func TestCheckKnowsTheWorkspacesWorkflows(t *testing.T) {
	w := newWorld(t)
	l := w.library(map[string]string{"openai": "set OPENAI_API_KEY"})
	inner := w.publish(t, document(value))
	sub := func(version int, inputs string) string {
		return document(fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": %q, "version": %d, "inputs": %s}}`, inner, version, inputs))
	}
	codes := func(workspace, text string) (codes []string) {
		problems := l.Check(t.Context(), workspace, text)
		for _, p := range problems {
			codes = append(codes, p.Code)
		}
		return codes
	}
	if got := codes(w.workspace, sub(1, `{"topic": "x"}`)); len(got) != 0 {
		t.Errorf("a good sub-workflow: %v", got)
	}
	other := databasetest.Workspace(t, w.pool)
	for what, got := range map[string][]string{
		"no such version":     codes(w.workspace, sub(2, `{"topic": "x"}`)),
		"another workspace's": codes(other, sub(1, `{"topic": "x"}`)),
	} {
		if !slices.Equal(got, []string{problem.CodeUnknownVersion}) {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := codes(w.workspace, document(agent)); !slices.Equal(got, []string{problem.CodeUnavailable}) {
		t.Errorf("a model that is not there: %v", got)
	}
	if got := codes(w.workspace, `{`); len(got) == 0 {
		t.Error("half a document has no problem")
	}
}
