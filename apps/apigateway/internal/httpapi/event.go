package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Event is one line of a run's log; docs/events.md lists the types.
type Event struct {
	Seq  int64           `json:"seq" doc:"From 1, without gaps, within a run."`
	Type string          `json:"type" example:"step.completed"`
	Step string          `json:"step" doc:"Path of the step; empty for events of the run."`
	Time *time.Time      `json:"time"`
	Data json.RawMessage `json:"data"`
}

func event(e *workflowv1.RunEvent) Event {
	data := raw(e.GetDataJson())
	if data == nil {
		data = json.RawMessage("{}")
	}
	return Event{Seq: e.GetSeq(), Type: e.GetType(), Step: e.GetStep(), Time: moment(e.GetTime()), Data: data}
}

// appendFrame writes one server-sent event. A line ends a field, so breaks within the data are taken out: in JSON they
// can only be white space.
func appendFrame(b []byte, e *workflowv1.RunEvent) []byte {
	b = append(b, "id: "...)
	b = strconv.AppendInt(b, e.GetSeq(), 10)
	b = append(b, "\nevent: "...)
	b = append(b, e.GetType()...)
	b = append(b, "\ndata: {\"seq\":"...)
	b = strconv.AppendInt(b, e.GetSeq(), 10)
	b = append(b, `,"type":`...)
	b = appendText(b, e.GetType())
	b = append(b, `,"step":`...)
	b = appendText(b, e.GetStep())
	b = append(b, `,"time":"`...)
	b = e.GetTime().AsTime().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","data":`...)
	b = appendLine(b, e.GetDataJson())
	return append(b, "}\n\n"...)
}

func appendText(b []byte, text string) []byte {
	quoted, _ := json.Marshal(text) //nolint:errchkjson // a string: it cannot fail
	return append(b, quoted...)
}

func appendLine(b []byte, data string) []byte {
	if data == "" {
		return append(b, "{}"...)
	}
	start := len(b)
	b = append(b, data...)
	for i, c := range b[start:] {
		if c == '\n' || c == '\r' {
			b[start+i] = ' '
		}
	}
	return b
}

// maxSeqDigits is the length of the largest int64.
const maxSeqDigits = 19

// parseSeq reads an event's number as we write it: digits alone, without leading zeros. Anything else was never sent
// by us, and taking it for the beginning would repeat a whole run.
func parseSeq(text string) (int64, error) {
	if len(text) > maxSeqDigits || text == "" || text != "0" && strings.HasPrefix(text, "0") || bytes.ContainsFunc([]byte(text), func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, errors.New("must be the id of an event, a whole number from 0 without sign and leading zeros, got " + quoted(text))
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("must be the id of an event, at most 9223372036854775807, got %s", quoted(text))
	}
	return seq, nil
}

// quoted is what a stranger sent, short enough for an error.
func quoted(text string) string {
	const enough = 40
	if len(text) > enough {
		return strconv.QuoteToASCII(text[:enough]) + "…"
	}
	return strconv.QuoteToASCII(text)
}
