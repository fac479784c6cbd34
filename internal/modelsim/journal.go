package modelsim

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Outcome is how a request ended.
type Outcome string

// The outcomes. Only an answered request is one that a provider would charge in full.
const (
	Open      Outcome = "open"      // being answered
	Answered  Outcome = "answered"  // sent to its last byte
	Cut       Outcome = "cut"       // ended by the script within the answer
	Refused   Outcome = "refused"   // an error status
	Abandoned Outcome = "abandoned" // the client went away
)

// Entry is one request in the journal.
type Entry struct {
	Number        int       `json:"number"` // in the order of arrival, from 1
	API           string    `json:"api"`
	Model         string    `json:"model"`
	ClientRequest string    `json:"client_request"` // X-Client-Request-Id
	User          string    `json:"user"`           // the beginning of the user's last text
	ToolResults   int       `json:"tool_results"`
	Outcome       Outcome   `json:"outcome"`
	Status        int       `json:"status"`
	InputTokens   int       `json:"input_tokens"`
	OutputTokens  int       `json:"output_tokens"`
	Began         time.Time `json:"began"`
	Ended         time.Time `json:"ended,omitzero"`
}

// maxEntries bounds the journal; the oldest are forgotten.
const maxEntries = 50_000

type journal struct {
	mutex   sync.Mutex
	entries []Entry
	first   int // number of entries[0], less one
}

func (j *journal) begin(c conversation) int {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(j.entries) == maxEntries {
		dropped := maxEntries / 10
		j.entries = append(j.entries[:0], j.entries[dropped:]...)
		j.first += dropped
	}
	number := j.first + len(j.entries) + 1
	j.entries = append(j.entries, Entry{
		Number: number, API: c.api, Model: c.model, ClientRequest: excerpt(c.clientRequest, 512), User: excerpt(c.lastUser(), 200),
		ToolResults: c.toolResults(), Outcome: Open, Began: time.Now(),
	})
	return number
}

func (j *journal) end(number int, outcome Outcome, status, input, output int) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if index := number - j.first - 1; index >= 0 {
		entry := &j.entries[index]
		entry.Outcome, entry.Status, entry.InputTokens, entry.OutputTokens, entry.Ended = outcome, status, input, output, time.Now()
	}
}

// Journal is every request so far, in the order of arrival; of very many, the newest.
func (s *Server) Journal() []Entry {
	s.journal.mutex.Lock()
	defer s.journal.mutex.Unlock()
	return append([]Entry(nil), s.journal.entries...)
}

// serveJournal is the journal as lines of JSON, for tests in other processes.
func (s *Server) serveJournal(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	encoder := json.NewEncoder(w)
	for _, entry := range s.Journal() {
		if err := encoder.Encode(entry); err != nil {
			return // the reader is gone
		}
	}
}
