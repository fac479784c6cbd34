package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// models is the simulated provider, which knows for how long it was at work.
type models struct {
	server *httptest.Server

	mu       sync.Mutex
	inFlight int
	since    time.Time
	total    time.Duration
}

func newModels(script modelsim.Script) *models {
	m := &models{}
	handler := modelsim.New(script).Handler()
	m.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.count(1)
		defer m.count(-1)
		handler.ServeHTTP(w, r)
	}))
	return m
}

// environment lets the engine ask the simulation.
func (m *models) environment() []string {
	return []string{contract.OpenAIAPIKey + "=simulated", contract.OpenAIBaseURL + "=" + m.server.URL + "/v1"}
}

func (m *models) count(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inFlight == 0 {
		m.since = time.Now()
	}
	if m.inFlight += n; m.inFlight == 0 {
		m.total += time.Since(m.since)
	}
}

// busy is the time in which at least one request was being answered.
func (m *models) busy() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}
