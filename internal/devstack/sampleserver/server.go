// Package sampleserver is a small web server for the examples to call, on a machine without the internet. It has
// pages to search and read, a path that fails at first, and a place to deliver to. It pretends to be nothing else.
package sampleserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Bounds of what it takes and keeps.
const (
	maxBody  = 1 << 20
	maxKept  = 1000
	maxFails = 100
)

// Server is an http.Handler.
//
//	GET  /pages?topic=…          pages whose text mentions a word of the topic; all of them when none does
//	GET  /pages/{id}             one page
//	GET  /flaky/{name}?fails=N   503 for the first N requests of that name, then 200
//	POST /deliveries             takes any JSON and gives it a number
//	GET  /deliveries             what was delivered
type Server struct {
	mux *http.ServeMux

	mu         sync.Mutex
	asked      map[string]int
	deliveries []Delivery
}

// Delivery is one thing that a workflow delivered.
type Delivery struct {
	ID   int             `json:"id"`
	Body json.RawMessage `json:"body"`
}

// New makes a server with nothing delivered.
func New() *Server {
	s := &Server{mux: http.NewServeMux(), asked: map[string]int{}}
	s.mux.HandleFunc("GET /pages", s.search)
	s.mux.HandleFunc("GET /pages/{id}", s.read)
	s.mux.HandleFunc("GET /flaky/{name}", s.flaky)
	s.mux.HandleFunc("POST /deliveries", s.deliver)
	s.mux.HandleFunc("GET /deliveries", s.list)
	return s
}

// ServeHTTP answers in JSON.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Page is something to read.
type Page struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func pages() []Page {
	return []Page{
		{"durable-execution", "Durable execution", "A workflow's every step is recorded before the next one begins, so another process can go on where one was lost."},
		{"approvals", "People in the loop", "An approval is bound to the digest of what was shown. A changed report needs a new approval."},
		{"budgets", "Budgets", "Every model call reserves the most that it can cost before it is made, so a run never spends more than its budget."},
		{"retries", "Retries", "A call that failed is made again after a pause that grows. A call that must not be repeated is not."},
	}
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	words := strings.Fields(strings.ToLower(r.URL.Query().Get("topic")))
	found := []map[string]string{}
	for _, page := range pages() {
		if mentions(page, words) {
			found = append(found, map[string]string{"id": page.ID, "title": page.Title})
		}
	}
	if len(found) == 0 {
		for _, page := range pages() {
			found = append(found, map[string]string{"id": page.ID, "title": page.Title})
		}
	}
	answer(w, http.StatusOK, map[string]any{"pages": found})
}

func mentions(page Page, words []string) bool {
	text := strings.ToLower(page.Title + " " + page.Text)
	for _, word := range words {
		if len(word) > 3 && strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) {
	for _, page := range pages() {
		if page.ID == r.PathValue("id") {
			answer(w, http.StatusOK, page)
			return
		}
	}
	answer(w, http.StatusNotFound, map[string]string{"error": "there is no such page"})
}

func (s *Server) flaky(w http.ResponseWriter, r *http.Request) {
	fails, err := strconv.Atoi(r.URL.Query().Get("fails"))
	if err != nil || fails < 0 || fails > maxFails {
		answer(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("fails must be a number from 0 to %d", maxFails)})
		return
	}
	attempt, kept := s.count(r.PathValue("name"))
	switch {
	case !kept:
		answer(w, http.StatusInsufficientStorage, map[string]string{"error": "too many names: start the server anew"})
	case attempt <= fails:
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": fmt.Sprintf("failure %d of %d", attempt, fails)})
	default:
		answer(w, http.StatusOK, map[string]any{"name": r.PathValue("name"), "attempt": attempt})
	}
}

func (s *Server) count(name string) (attempt int, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[name] == 0 && len(s.asked) >= maxKept {
		return 0, false
	}
	s.asked[name]++
	return s.asked[name], true
}

func (s *Server) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || !json.Valid(body) {
		answer(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("send JSON of at most %d bytes", maxBody)})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.deliveries) >= maxKept {
		answer(w, http.StatusInsufficientStorage, map[string]string{"error": "too many deliveries: start the server anew"})
		return
	}
	made := Delivery{ID: len(s.deliveries) + 1, Body: body}
	s.deliveries = append(s.deliveries, made)
	answer(w, http.StatusCreated, map[string]int{"id": made.ID})
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"deliveries": s.deliveries})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // our own values; a client that left needs no answer
}
