package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Event is one line of a run's log; docs/events.md lists the types.
type Event struct {
	Seq  int64           `json:"seq"`
	Type string          `json:"type"`
	Step string          `json:"step"`
	Time time.Time       `json:"time"`
	Data json.RawMessage `json:"data"`
}

const (
	reconnectAfter = 500 * time.Millisecond
	maxEvent       = 8 << 20
)

// Follow gives every event of a run once, in order, until done. A connection that breaks is made again from where it was. It
// ends early with the error that each returns.
func (c *Client) Follow(ctx context.Context, run string, each func(Event) error) error {
	return c.Resume(ctx, run, 0, each)
}

// Resume is Follow from the event after the one of that number.
func (c *Client) Resume(ctx context.Context, run string, last int64, each func(Event) error) error {
	take := func(e Event) error {
		if e.Seq != last+1 {
			return &stopped{fmt.Errorf("event %d of run %s follows event %d: there is a gap", e.Seq, run, last)}
		}
		last = e.Seq
		if err := each(e); err != nil {
			return &stopped{err}
		}
		if e.Type == "done" {
			return &stopped{}
		}
		return nil
	}
	for {
		if final, err := verdict(c.stream(ctx, run, last, take)); final {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(reconnectAfter):
		}
	}
}

// verdict says whether the end of a connection is the end of all, and with which error.
func verdict(err error) (final bool, _ error) {
	var end *stopped
	var refused *Problem
	switch {
	case errors.As(err, &end):
		return true, end.error
	case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
		return true, err
	default:
		return false, nil
	}
}

// stopped ends the reading for good, with the reader's own error or none.
type stopped struct{ error }

// stream reads one connection to its end.
func (c *Client) stream(ctx context.Context, run string, last int64, each func(Event) error) error {
	header := http.Header{"Accept": {"text/event-stream"}}
	if last > 0 {
		header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
	}
	response, err := c.send(ctx, http.MethodGet, "/v1/runs/"+run+"/events", nil, header)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return readEvents(response.Body, each)
}

// readEvents reads the format of server-sent events as far as the gateway uses it: data in one line, comments.
func readEvents(from io.Reader, each func(Event) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data:")
		if !found {
			continue
		}
		var event Event
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return fmt.Errorf("an event is no JSON: %w", err)
		}
		if err := each(event); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
