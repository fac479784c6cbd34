//go:build live

package reliability_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/modelsim"
)

// models is the simulated provider. Every engine process has a path of its own, so that each request is known by its process.
type models struct {
	url string
	sim *modelsim.Server

	mu       sync.Mutex
	requests []*request
}

// request is one request for an answer of a model.
type request struct {
	process  string
	call     string // run/step/generation/attempt/number
	began    time.Time
	ended    time.Time // zero while it is being answered
	answered bool      // to its last byte, as far as the sender can see
}

func newModels(t *testing.T) *models {
	t.Helper()
	m := &models{sim: modelsim.New(script())}
	server := httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	m.url = server.URL
	return m
}

// base is the base URL of OpenAI for one process.
func (m *models) base(process string) string { return m.url + "/" + process + "/v1" }

func (m *models) serve(w http.ResponseWriter, r *http.Request) {
	process, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	one := &request{process: process, call: r.Header.Get("X-Client-Request-Id"), began: time.Now()}
	m.mu.Lock()
	m.requests = append(m.requests, one)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		one.ended, one.answered = time.Now(), r.Context().Err() == nil
	}()
	http.StripPrefix("/"+process, m.sim.Handler()).ServeHTTP(w, r)
}

// journal is every request so far, by the order of their beginnings.
func (m *models) journal() []request {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]request, len(m.requests))
	for i, one := range m.requests {
		all[i] = *one
	}
	slices.SortFunc(all, func(a, b request) int { return a.began.Compare(b.began) })
	return all
}

// inFlight counts the requests of a process that are being answered.
func (m *models) inFlight(process string) (n int) {
	for _, one := range m.journal() {
		if one.process == process && one.ended.IsZero() {
			n++
		}
	}
	return n
}

// script lets the agent of mixedDocument take three turns with two tool calls, slowDocument's answer for some seconds.
func script() modelsim.Script {
	answer := func(user string, results int, reply modelsim.Reply) modelsim.Rule {
		reply.Delay = modelsim.Duration(100 * time.Millisecond)
		return modelsim.Rule{Match: modelsim.Match{User: user, ToolResults: &results}, Reply: reply}
	}
	call := func(name, arguments string) []modelsim.ToolCall {
		return []modelsim.ToolCall{{Name: name, Arguments: json.RawMessage(arguments)}}
	}
	return modelsim.Script{Rules: append(teamScript(answer),
		answer("mixed task", 0, modelsim.Reply{ToolCalls: call("look_up", `{"n": 7}`)}),
		answer("mixed task", 1, modelsim.Reply{ToolCalls: call("add_up", `{"a": 3, "b": 4}`)}),
		answer("mixed task", 2, modelsim.Reply{Text: mixedAnswer, ChunkDelay: modelsim.Duration(100 * time.Millisecond)}),
		answer("slow task", 0, modelsim.Reply{Text: slowAnswer(), ChunkDelay: modelsim.Duration(80 * time.Millisecond)}),
	)}
}

const mixedAnswer = "The sum of three and four is seven, and the page says so as well."

// slowAnswer takes 50 pieces of 16 bytes: four seconds.
func slowAnswer() string { return strings.Repeat("sixteen letters ", 50) }
