//go:build live

package reliability_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/modelsim"
)

const teamRounds = 15

// teamDocument is a supervisor of two members that work at the same time, one of them with a tool, and an approval of what they made.
func teamDocument(pages string) string {
	return fmt.Sprintf(`{
  "schema": "agentteam/v1", "name": "Team",
  "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
  "outputs": {"text": "${{ nodes.team.output.text }}", "turns": "${{ nodes.team.output.turns }}", "decision": "${{ nodes.check.output.decision }}"},
  "nodes": [
    {"id": "team", "type": "supervisor", "config": {"prompt": "team task ${{ inputs.n }}",
      "supervisor": {"provider": "openai", "model": "gpt-5-mini"},
      "members": [
        {"name": "reader", "provider": "openai", "model": "gpt-5-mini", "tools": [
          {"type": "http", "name": "look_up", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "method": "GET", "url": "%s/${{ args.n }}"}]},
        {"name": "writer", "provider": "openai", "model": "gpt-5-mini"}
      ]}},
    {"id": "check", "type": "approval", "config": {"title": "Fine?", "details": {"text": "${{ nodes.team.output.text }}"}}}
  ],
  "edges": [{"from": "team", "to": "check"}]
}`, pages)
}

const teamAnswer = "Both parts of the work are done, and they fit together."

// teamOutputs: the supervisor answers twice, the reader twice, the writer once.
func teamOutputs(int) map[string]any {
	return map[string]any{"text": teamAnswer, "turns": 5.0, "decision": "approved"}
}

// teamScript lets the supervisor give both members a task, and the reader call its tool.
func teamScript(answer func(user string, results int, reply modelsim.Reply) modelsim.Rule) []modelsim.Rule {
	call := func(name, arguments string) modelsim.ToolCall {
		return modelsim.ToolCall{Name: name, Arguments: json.RawMessage(arguments)}
	}
	slowly := modelsim.Duration(30 * time.Millisecond)
	return []modelsim.Rule{
		answer("team task", 0, modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("reader", `{"task": "read part"}`), call("writer", `{"task": "write part"}`)}}),
		answer("team task", 2, modelsim.Reply{Text: teamAnswer, ChunkDelay: slowly}),
		answer("read part", 0, modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("look_up", `{"n": 7}`)}}),
		answer("read part", 1, modelsim.Reply{Text: "Page seven says that it is page seven.", ChunkDelay: slowly}),
		answer("write part", 0, modelsim.Reply{Text: "It was written in one go, without a tool, and takes a while.", ChunkDelay: slowly}),
	}
}

// TestKilledTeams kills engines while teams work and people approve: no answer that was recorded is asked for again, and each run has one result.
func TestKilledTeams(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a seed that can be given again
	w := newWorld(t)
	f := w.newFleet(killEngines)
	load := w.startLoadOf(teamOutputs, w.client.publish(teamDocument(w.pages)), 6, 100*time.Millisecond, w.approveWhenAsked)
	var kills []kill
	for range teamRounds {
		time.Sleep(500*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		kills = append(kills, f.replace(choose(random, f.engines)))
	}
	runs := load.end()
	recorded := w.settle(runs, patience)
	w.audit(runs, recorded)
	r := w.repeats(w.models.journal(), recorded, kills)
	if r.inFlight == 0 || len(runs) < teamRounds/3 {
		t.Errorf("seed %d: only %d calls were in flight at %d kills, of %d runs: the test has shown little", seed, r.inFlight, teamRounds, len(runs))
	}
	if want := 5 * len(runs); r.calls != want {
		t.Errorf("seed %d: %d calls of models, want 5 of each of %d runs", seed, r.calls, len(runs))
	}
	for id, h := range recorded {
		began, ended := h.count("agent.started"), h.count("agent.completed")
		if began != 3 || ended != 3 {
			t.Errorf("run %s: agents began %d times and ended %d times, want 3", id, began, ended)
		}
	}
	t.Log(transcript(recorded, kills))
	t.Logf("seed %d: %d kills, %d runs, %d calls of models, %d requests, %d in flight at kills, %d asked for again", seed, len(kills), len(runs), r.calls, r.requests, r.inFlight, r.repeated)
}

func (h *history) count(kind string) (n int) {
	for _, e := range h.events {
		if e.kind == kind {
			n++
		}
	}
	return n
}

// approveWhenAsked approves what a run asks, as soon as it does.
func (w *world) approveWhenAsked(run string) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		var list struct{ Items []struct{ ID, Digest string } }
		got, err := w.client.send(ctx, http.MethodGet, "/v1/approvals?status=pending&run_id="+run, nil)
		if err == nil {
			err = json.Unmarshal(got.body, &list)
		}
		if err == nil && len(list.Items) > 0 {
			got, err = w.client.send(ctx, http.MethodPost, "/v1/approvals/"+list.Items[0].ID+":approve", map[string]string{"digest": list.Items[0].Digest})
		}
		switch {
		case err != nil:
			w.t.Errorf("run %s is not approved: %v", run, err)
			return
		case len(list.Items) > 0:
			if got.status != http.StatusOK {
				w.t.Errorf("run %s is not approved: %s", run, got)
			}
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// transcript shows the run that most kills hit: its events, and the kills among them.
func transcript(recorded map[string]*history, kills []kill) string {
	hits := map[string]int{}
	most := &history{}
	for _, k := range kills {
		for _, run := range k.runs {
			hits[run]++
			if hits[run] > hits[most.id] && recorded[run] != nil {
				most = recorded[run]
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "run %s, whose engine was killed %d times:\n", most.id, hits[most.id])
	var before time.Time
	for _, e := range most.events {
		for _, k := range kills {
			if slices.Contains(k.runs, most.id) && k.at.After(before) && !k.at.After(e.time) {
				fmt.Fprintf(&text, "%6.2f s       SIGKILL of engine %s, which worked on it\n", k.at.Sub(most.events[0].time).Seconds(), k.process)
			}
		}
		before = e.time
		fmt.Fprintf(&text, "%6.2f s  %3d  %-18s %-6s %-10s %s\n", e.time.Sub(most.events[0].time).Seconds(), e.seq, e.kind, e.step, e.agent, e.says)
	}
	return text.String()
}
