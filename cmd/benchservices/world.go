package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/devstack"
)

// world is both services, running, and what the peers need: the same PostgreSQL, and a server to call.
type world struct {
	folder string
	stack  *devstack.Stack
	pool   *pgxpool.Pool
	key    string // an API key
	engine *engine
	target string // URL that the steps with calls ask
	server *httptest.Server
	models *models
}

func newWorld(ctx context.Context) (w *world, err error) {
	w = &world{}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.folder, err = os.MkdirTemp("", "benchservices-"); err != nil {
		return nil, err
	}
	w.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, `{"ok":true}`) }))
	w.target = w.server.URL
	w.models = newModels(teamScript())
	environ := append(append(os.Environ(), contract.RequestsPerSecond+"=100000"), w.models.environment()...)
	if w.stack, err = devstack.Start(ctx, devstack.Options{Root: ".", Dir: w.folder, Out: os.Stderr, Env: environ}); err != nil {
		return nil, err
	}
	if w.pool, err = pgxpool.New(ctx, w.stack.Database()); err != nil {
		return nil, err
	}
	if w.key, err = w.stack.NewKey(ctx); err != nil {
		return nil, err
	}
	me, err := w.me(ctx)
	if err != nil {
		return nil, err
	}
	w.engine, err = dialEngine(w.stack.Engine, w.stack.InternalKey(), me.Workspaces[0].ID)
	return w, err
}

// account is what /v1/me answers: where a key may act.
type account struct {
	Workspaces []struct {
		ID string `json:"id"`
	} `json:"workspaces"`
}

func (w *world) me(ctx context.Context) (me account, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.stack.Gateway+"/v1/me", nil)
	if err != nil {
		return me, err
	}
	request.Header.Set("Authorization", "Bearer "+w.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return me, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return me, errors.Join(err, fmt.Errorf("GET /v1/me answered %s: %s", response.Status, bytes.TrimSpace(body)))
	}
	if err := json.Unmarshal(body, &me); err != nil || len(me.Workspaces) == 0 {
		return me, errors.Join(err, fmt.Errorf("GET /v1/me names no workspace: %s", body))
	}
	return me, nil
}

// awaitAll returns when no run of the workflow is left to do.
func (w *world) awaitAll(ctx context.Context, workflow string) error {
	for {
		var left int
		err := w.owned(ctx, `SELECT count(*) FROM runs WHERE workflow_id = $1 AND ended_at IS NULL`, workflow, &left)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// owned asks for one value about the benchmark's workspace.
func (w *world) owned(ctx context.Context, query, argument string, into any) error {
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // it has only read
	if _, err := tx.Exec(ctx, `SELECT set_config('agentteam.workspace_id', $1, true)`, w.engine.workspace); err != nil {
		return err
	}
	return tx.QueryRow(ctx, query, argument).Scan(into)
}

func (w *world) close() {
	if w.engine != nil {
		w.engine.conn.Close()
	}
	if w.pool != nil {
		w.pool.Close()
	}
	if w.stack != nil {
		if err := w.stack.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "benchservices:", err)
		}
	}
	if w.server != nil {
		w.server.Close()
	}
	if w.models != nil {
		w.models.server.Close()
	}
	os.RemoveAll(w.folder)
}
