// Package library gives documents as graphs that can be run. A published version never changes, so the graphs in use
// are kept compiled.
package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

const compileLimit = 30 * time.Second // a database that is away, for the most part

// Library compiles documents for one engine. It is safe for concurrent use.
type Library struct {
	store     *store.Store
	types     []graph.Type
	providers map[string]string
	kept      *shelf
	compiling singleflight.Group
}

// New makes an empty library. Types and providers are what this engine can run, and why it cannot run the others.
func New(s *store.Store, types []graph.Type, providers map[string]string) *Library {
	return &Library{store: s, types: types, providers: providers, kept: newShelf()}
}

// Types are all types of nodes, also those that cannot run here.
func (l *Library) Types() []graph.Type { return l.types }

// Catalog is what a new document may use: what runs here, and the workspace's published workflows.
func (l *Library) Catalog(ctx context.Context, workspace string) graph.Catalog {
	return graph.Catalog{Types: l.types, Providers: l.providers,
		Subworkflow: l.inputs(ctx, workspace, l.store.Workflows().Version), Agent: l.agent(ctx, workspace, l.store.Agents().Version),
		Credential: func(id string) (bool, error) { return found(l.store.Credential(ctx, workspace, id)) },
		MCPServer: func(id string) (names []string, known bool, err error) {
			server, err := l.store.MCPServer(ctx, workspace, id)
			for _, tool := range server.Tools {
				names = append(names, tool.Name)
			}
			known, err = found(server, err)
			return names, known, err
		}}
}

// found turns a look-up into whether there is such a thing.
func found[T any](_ T, err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Check says what is wrong with a document that is to be published.
func (l *Library) Check(ctx context.Context, workspace, text string) []problem.Problem {
	d, problems := document.Decode([]byte(text))
	if d == nil {
		return problems
	}
	_, problems = graph.Compile(d, l.Catalog(ctx, workspace))
	return problems
}

// CheckAgent says what is wrong with an agent that is to be published.
func (l *Library) CheckAgent(ctx context.Context, workspace, text string) []problem.Problem {
	return graph.CheckAgent([]byte(text), l.Catalog(ctx, workspace))
}

// key names a version; without its workspace, one could run another's.
type key struct {
	workspace, workflow string
	version             int
}

// Graph gives a published version, also of a deleted workflow: its runs go on. A version that is not there is
// store.ErrNotFound.
func (l *Library) Graph(ctx context.Context, workspace, workflow string, version int) (*graph.Graph, error) {
	if version < 1 || version > math.MaxInt32 {
		return nil, fmt.Errorf("version %d of workflow %s was %w: versions count from 1", version, workflow, store.ErrNotFound)
	}
	k := key{workspace, workflow, version}
	if g := l.kept.get(k); g != nil {
		return g, nil
	}
	// Many steps of one run ask at once after a start: one of them compiles, and it does so for all, so it does not
	// end with its own caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), compileLimit)
	defer cancel()
	g, err, _ := l.compiling.Do(workspace+"/"+workflow+"/"+strconv.Itoa(version), func() (any, error) { return l.compile(ctx, k) })
	if err != nil {
		return nil, err
	}
	return g.(*graph.Graph), nil //nolint:forcetypeassert // it is what compile gives
}

func (l *Library) compile(ctx context.Context, k key) (*graph.Graph, error) {
	text, err := l.text(ctx, k)
	if err != nil {
		return nil, err
	}
	d, problems := document.Decode([]byte(text))
	var g *graph.Graph
	if d != nil {
		g, problems = graph.Compile(d, l.pinned(ctx, k.workspace))
	}
	if g == nil {
		return nil, fmt.Errorf("version %d of workflow %s cannot run on this build of the engine: %w: %s", k.version, k.workflow, store.ErrConflict, first(problems))
	}
	l.kept.put(k, g, len(text))
	return g, nil
}

// pinned is the catalog for what was published when everything in it could run. What became unavailable since
// fails its step, with words of its own, and not the whole run.
func (l *Library) pinned(ctx context.Context, workspace string) graph.Catalog {
	types := make([]graph.Type, len(l.types))
	for i, t := range l.types {
		t.Unavailable = ""
		types[i] = t
	}
	providers := make(map[string]string, len(l.providers))
	for name := range l.providers {
		providers[name] = ""
	}
	return graph.Catalog{Types: types, Providers: providers,
		Subworkflow: l.inputs(ctx, workspace, l.store.Workflows().PinnedVersion), Agent: l.agent(ctx, workspace, l.store.Agents().PinnedVersion)}
}

// lookUp finds a version in a workspace.
type lookUp func(ctx context.Context, workspace, name string, version int32) (store.Version, error)

// text gives a version's document; none is no error.
func (l lookUp) text(ctx context.Context, workspace, name string, version int) (text []byte, found bool, err error) {
	if version < 1 || version > math.MaxInt32 {
		return nil, false, nil
	}
	v, err := l(ctx, workspace, name, int32(version))
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	return []byte(v.Text), err == nil, err
}

// agent looks up an agent's document.
func (l *Library) agent(ctx context.Context, workspace string, versions lookUp) func(agent string, version int) (json.RawMessage, bool, error) {
	return func(agent string, version int) (json.RawMessage, bool, error) {
		text, found, err := versions.text(ctx, workspace, agent, version)
		return text, found, err
	}
}

// inputs looks up what a sub-workflow takes.
func (l *Library) inputs(ctx context.Context, workspace string, versions lookUp) func(workflow string, version int) (json.RawMessage, bool, error) {
	return func(workflow string, version int) (json.RawMessage, bool, error) {
		text, found, err := versions.text(ctx, workspace, workflow, version)
		if !found {
			return nil, false, err
		}
		d, problems := document.Decode(text)
		if d == nil {
			return nil, false, fmt.Errorf("version %d of workflow %s cannot be read by this build of the engine: %s", version, workflow, first(problems))
		}
		return d.Inputs, true, nil
	}
}

func first(problems []problem.Problem) string {
	if len(problems) == 0 {
		return "no reason is known"
	}
	return fmt.Sprintf("%s: %s", problems[0].Pointer, problems[0].Message)
}
