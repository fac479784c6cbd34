// Package modelsim is a local server that speaks as OpenAI (Chat Completions and Responses) and Anthropic (Messages)
// do, with streaming, tools and structured output. It is a simulation, says so in the header
// X-Simulated-Model and in every text that no script wrote, and costs nothing.
package modelsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Header is on every answer.
const Header = "X-Simulated-Model"

const maxRequest = 8 << 20

// Server answers by a script. It is safe for concurrent use.
type Server struct {
	journal journal

	mutex sync.Mutex // guards rules
	rules []Rule

	http *http.Server
}

// New takes a script; an empty one leaves every answer to the simulation.
func New(script Script) *Server {
	return &Server{rules: append([]Rule(nil), script.Rules...)}
}

// Handler serves the APIs, and the journal at /journal.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/chat/completions", s.serve(chatAPI{}))
	mux.Handle("POST /v1/responses", s.serve(responsesAPI{}))
	mux.Handle("POST /v1/messages", s.serve(messagesAPI{}))
	mux.HandleFunc("GET /journal", s.serveJournal)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(Header, "true")
		mux.ServeHTTP(w, r)
	})
}

// Start listens on the address, such as 127.0.0.1:0, and serves until Close. It gives the server's URL: Anthropic's
// base URL; OpenAI's is the same with /v1.
func (s *Server) Start(ctx context.Context, address string) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("the simulated models cannot listen on %s: %w", address, err)
	}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// Close ends the server and every answer that is under way.
func (s *Server) Close() error {
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}

// api is one of the wire formats.
type api interface {
	name() string
	decode(body []byte) (conversation, error)
	authorized(r *http.Request) bool
	// stream sends the answer as events, and whole as one JSON value.
	stream(out *events, c conversation, a answer)
	whole(c conversation, a answer) any
	// failure is the body of an error, and the event of one within a stream.
	failure(status int, message string) any
}

func (s *Server) serve(api api) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			_ = writeJSON(w, http.StatusRequestEntityTooLarge, api.failure(http.StatusRequestEntityTooLarge, "the request is too large"))
			return
		}
		c, err := api.decode(body)
		c.api, c.bytes, c.clientRequest = api.name(), len(body), r.Header.Get("X-Client-Request-Id")
		if err == nil {
			err = c.check()
		}
		number := s.journal.begin(c)
		switch {
		case !api.authorized(r):
			s.refuse(w, number, http.StatusUnauthorized, api, "an API key is required; any will do")
		case err != nil:
			s.refuse(w, number, http.StatusBadRequest, api, err.Error())
		default:
			s.answer(w, r, number, api, c)
		}
	})
}

func (s *Server) refuse(w http.ResponseWriter, number, status int, api api, message string) {
	s.journal.end(number, Refused, status, 0, 0)
	_ = writeJSON(w, status, api.failure(status, message))
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, number int, api api, c conversation) {
	reply := s.reply(c)
	if !sleep(r.Context(), time.Duration(reply.Delay)) {
		s.journal.end(number, Abandoned, 0, 0, 0)
		return
	}
	if reply.Status != 0 {
		if reply.RetryAfter != "" {
			w.Header().Set("Retry-After", reply.RetryAfter)
		}
		s.refuse(w, number, reply.Status, api, reply.Error)
		return
	}
	a := answer{id: fmt.Sprintf("sim_%d", number), text: reply.Text, calls: reply.ToolCalls, stop: reply.Stop, reply: reply}
	a.calls = append([]ToolCall(nil), a.calls...)
	for i := range a.calls {
		if a.calls[i].ID == "" {
			a.calls[i].ID = fmt.Sprintf("call_%d_%d", number, i+1)
		}
	}
	err := send(w, r, api, c, a)
	input, output := a.inputTokens(c), a.outputTokens()
	switch {
	case err == nil:
		s.journal.end(number, Answered, http.StatusOK, input, output)
	case errors.Is(err, errCut):
		s.journal.end(number, Cut, http.StatusOK, input, 0)
		panic(http.ErrAbortHandler) // which is how a handler closes the connection in the middle
	default:
		s.journal.end(number, Abandoned, http.StatusOK, input, 0)
	}
}

func send(w http.ResponseWriter, r *http.Request, api api, c conversation, a answer) error {
	if c.stream {
		out := newEvents(w, r, a.reply, api)
		api.stream(out, c, a)
		return out.err
	}
	if a.reply.CutAfter != nil {
		return errCut
	}
	return writeJSON(w, http.StatusOK, api.whole(c, a))
}

// reply is that of the first rule which fits.
func (s *Server) reply(c conversation) Reply {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range s.rules {
		rule := &s.rules[i]
		if rule.Times < 0 || !rule.Match.fits(c) {
			continue
		}
		if rule.Times > 0 {
			if rule.Times--; rule.Times == 0 {
				rule.Times = -1 // used up
			}
		}
		return rule.Reply
	}
	return simulate(c)
}

func sleep(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
