package ledger

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzWaitUntil resolves what a document's expressions made of a wait: never longer than the bound, and a time that JSON can hold.
func FuzzWaitUntil(f *testing.F) {
	for _, seed := range []string{
		`{"duration": "90s"}`, `{"duration": "-1s"}`, `{"duration": "9000h"}`, `{"until": "2026-11-22T18:00:00Z"}`, `{"until": "9999-12-31T23:59:59-23:59"}`,
		`{"until": "0000-01-01T00:00:00+23:59"}`, `{"until": "tomorrow"}`, `{"until": 1}`, `{}`, `[]`,
	} {
		f.Add(seed)
	}
	c := &change{run: run{now: time.Date(2026, 11, 22, 20, 30, 0, 0, time.UTC)}}
	f.Fuzz(func(t *testing.T, config string) {
		until, failure := c.waitUntil(json.RawMessage(config))
		if failure != nil {
			return
		}
		if _, err := json.Marshal(until); err != nil || until.Sub(c.run.now) > maxWait {
			t.Errorf("%q waits until %s: %v", config, until, err)
		}
	})
}
