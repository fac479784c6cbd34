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
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
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

// connections are those of each of the engine's two pools; the peers have as many as both together.
const connections = 12

func newWorld(ctx context.Context) (*world, error) {
	w := &world{}
	if err := w.open(ctx); err != nil {
		w.close()
		return nil, fmt.Errorf("start what is measured: %w", err)
	}
	return w, nil
}

func (w *world) open(ctx context.Context) (err error) {
	if w.folder, err = os.MkdirTemp("", "benchservices-"); err != nil {
		return err
	}
	w.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, `{"ok":true}`) }))
	w.target = w.server.URL
	w.models = newModels(teamScript())
	environment := append(append(os.Environ(), contract.RequestsPerSecond+"=100000", contract.DatabaseConnections+"="+strconv.Itoa(connections)), w.models.environment()...)
	if w.stack, err = devstack.Start(ctx, devstack.Options{Root: ".", Dir: w.folder, Out: os.Stderr, Env: environment}); err != nil {
		return err
	}
	if w.pool, err = database.Open(ctx, w.stack.Database(), 2*connections); err != nil {
		return err
	}
	if w.key, err = w.stack.NewKey(ctx); err != nil {
		return err
	}
	me, err := w.me(ctx)
	if err != nil {
		return err
	}
	w.engine, err = dialEngine(w.stack.Engine, w.stack.InternalKey(), me.Workspaces[0].ID)
	return err
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
