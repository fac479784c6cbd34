package modelsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"
)

// errCut is an answer that the script ends early.
var errCut = errors.New("cut")

// events writes server-sent events at the script's pace. After an error, it writes no more.
type events struct {
	w       http.ResponseWriter
	request *http.Request
	reply   Reply
	api     api
	sent    int // bytes of text and arguments
	err     error
}

func newEvents(w http.ResponseWriter, request *http.Request, reply Reply, api api) *events {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return &events{w: w, request: request, reply: reply, api: api}
}

// event sends one; an empty name is left out, as in OpenAI's Chat Completions.
func (e *events) event(name string, data any) {
	if e.err != nil {
		return
	}
	var buffer bytes.Buffer
	if name != "" {
		fmt.Fprintf(&buffer, "event: %s\n", name)
	}
	if text, ok := data.(string); ok {
		fmt.Fprintf(&buffer, "data: %s\n\n", text)
	} else {
		raw, err := json.Marshal(data)
		if err != nil {
			e.err = err
			return
		}
		fmt.Fprintf(&buffer, "data: %s\n\n", raw)
	}
	e.write(buffer.Bytes())
}

func (e *events) write(data []byte) {
	if _, err := e.w.Write(data); err != nil {
		e.err = err
		return
	}
	if err := http.NewResponseController(e.w).Flush(); err != nil {
		e.err = err
		return
	}
	e.err = e.request.Context().Err()
}

// pieces calls send with one piece of the text after the other, until the script cuts it.
func (e *events) pieces(text string, send func(piece string)) {
	size := e.reply.ChunkBytes
	if size <= 0 {
		size = 16
	}
	for {
		if e.err == nil && e.reply.CutAfter != nil && e.sent >= *e.reply.CutAfter {
			e.cut()
		}
		if e.err != nil || text == "" {
			return
		}
		piece := text[:boundary(text, size)]
		if !sleep(e.request.Context(), time.Duration(e.reply.ChunkDelay)) {
			e.err = e.request.Context().Err()
			return
		}
		send(piece)
		text = text[len(piece):]
		e.sent += len(piece)
	}
}

func (e *events) cut() {
	if e.reply.CutWithError {
		e.event("error", e.api.failure(529, "overloaded"))
	}
	e.err = errCut
}

// boundary is the end of the first piece: no character is split.
func boundary(text string, size int) int {
	if size >= len(text) {
		return len(text)
	}
	for size < len(text) && !utf8.RuneStart(text[size]) {
		size++
	}
	return size
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(value)
}
