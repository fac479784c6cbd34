package agent

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// TestDeltas: a second of text at a token a millisecond.
func TestDeltas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var texts []string
		var times []time.Time
		d := newDeltas(node.Call{Number: 7}, func(event node.Event) {
			data, ok := event.Data.(delta)
			if !ok || event.Type != "message.delta" || data.Call != 7 {
				t.Errorf("got %+v", event)
			}
			texts, times = append(texts, data.Text), append(times, time.Now())
		})
		for range 1000 {
			d.add("x")
			time.Sleep(time.Millisecond)
		}
		d.add("y")
		time.Sleep(time.Second)
		d.add("z")
		d.flush()
		time.Sleep(time.Second)
		if got := strings.Join(texts, ""); got != strings.Repeat("x", 1000)+"yz" {
			t.Errorf("got %q", got)
		}
		if len(texts) > 13 {
			t.Errorf("%d events in a second", len(texts))
		}
		for i := 1; i < len(times)-1; i++ {
			if pause := times[i].Sub(times[i-1]); pause < deltaPause {
				t.Errorf("events %s apart", pause)
			}
		}
	})
}

// TestReset: what was not emitted is forgotten, and nothing comes after it.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var types []string
		d := newDeltas(node.Call{Number: 1}, func(event node.Event) { types = append(types, event.Type) })
		d.add("a")
		d.add("b")
		d.reset()
		time.Sleep(time.Second)
		d.flush()
		if got := strings.Join(types, " "); got != "message.delta message.reset" {
			t.Errorf("got %s", got)
		}
	})
}
