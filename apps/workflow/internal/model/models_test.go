package model_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/modelsim"
)

func prices(t *testing.T) *model.Prices {
	t.Helper()
	p, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func models(t *testing.T, provider model.Provider, perMinute int) *model.Models {
	t.Helper()
	return model.NewModels(map[string]model.Account{model.OpenAI: {Provider: provider, Key: key, RequestsPerMinute: perMinute}}, prices(t), time.Millisecond)
}

func reserve(t *testing.T, r model.Request) node.Usage {
	t.Helper()
	usage, err := prices(t).Reserve(r)
	if err != nil {
		t.Fatal(err)
	}
	return usage
}

// heard is what a listener heard, with resets as |.
type heard struct{ text strings.Builder }

func (h *heard) listener() model.Listener {
	return model.Listener{Delta: func(text string) { h.text.WriteString(text) }, Reset: func() { h.text.WriteString("|") }}
}

func TestTriesAgain(t *testing.T) {
	text := strings.Repeat("abcd", 16)
	good := modelsim.Rule{Reply: modelsim.Reply{Text: "whole", InputTokens: 10, OutputTokens: 2}}
	for _, test := range []struct {
		name  string
		first modelsim.Rule
		heard string
		calls int64 // that are charged
	}{
		{"a limit", modelsim.Rule{Times: 2, Reply: modelsim.Reply{Status: 429, RetryAfter: "0.05"}}, "||whole", 1},
		{"faults", modelsim.Rule{Times: 3, Reply: modelsim.Reply{Status: 503}}, "|||whole", 1},
		{"a cut", modelsim.Rule{Times: 1, Reply: modelsim.Reply{Text: text, CutAfter: new(32)}}, text[:32] + "|whole", 2},
		{"an overload", modelsim.Rule{Times: 1, Reply: modelsim.Reply{Text: text, CutAfter: new(16), CutWithError: true}}, text[:16] + "|whole", 2},
	} {
		each(t, []modelsim.Rule{test.first, good}, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
			var h heard
			got, usage, failure := models(t, provider, 0).Complete(t.Context(), ask("?"), reserve(t, ask("?")), h.listener())
			if failure != nil || got.Text != "whole" || h.text.String() != test.heard {
				t.Errorf("%s: %q, heard %q, %v", test.name, got.Text, h.text.String(), failure)
			}
			if usage.ModelCalls != test.calls || usage.OutputTokens < 2 || usage.Cost == 0 || usage.Cost > reserve(t, ask("?")).Cost {
				t.Errorf("%s: usage is %+v", test.name, usage)
			}
		})
	}
}

func TestGivesUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		reply    modelsim.Reply
		code     string
		requests int
		final    bool
	}{
		{"faults", modelsim.Reply{Status: 500, Error: "oops " + key}, node.CodeUnavailable, 4, false},
		{"a limit of an hour", modelsim.Reply{Status: 429, RetryAfter: "3600"}, node.CodeRateLimited, 1, false},
		{"refused", modelsim.Reply{Status: 400, Error: "what is " + key}, node.CodeModel, 1, true},
		{"the key", modelsim.Reply{Status: 401, Error: "wrong: " + key[:12] + "***"}, node.CodeModel, 1, true},
	} {
		each(t, []modelsim.Rule{{Reply: test.reply}}, func(t *testing.T, provider model.Provider, sim *modelsim.Server) {
			var h heard
			_, usage, failure := models(t, provider, 0).Complete(t.Context(), ask("?"), reserve(t, ask("?")), h.listener())
			if failure == nil || failure.Code != test.code || failure.Final != test.final || len(sim.Journal()) != test.requests || usage != (node.Usage{}) {
				t.Errorf("%s: %+v after %d requests, usage %+v", test.name, failure, len(sim.Journal()), usage)
			}
			if strings.Contains(fmt.Sprint(failure), "hunter2") {
				t.Errorf("%s: the failure tells the key: %v", test.name, failure)
			}
			if test.reply.RetryAfter == "3600" && failure.RetryAfter != time.Hour {
				t.Errorf("%s: RetryAfter is %s", test.name, failure.RetryAfter)
			}
		})
	}
}

// TestWhatIsReservedIsNotExceeded: tries that are charged and cut again and again end when the next might
// cost more than is held back for the call.
func TestWhatIsReservedIsNotExceeded(t *testing.T) {
	each(t, []modelsim.Rule{{Reply: modelsim.Reply{Text: strings.Repeat("x", 8000), ChunkBytes: 1000, CutAfter: new(4000)}}}, func(t *testing.T, provider model.Provider, sim *modelsim.Server) {
		request := ask("?")
		request.MaxOutputTokens = 2000
		held := reserve(t, request)
		held.Cost = held.Cost * 3 / 2
		held.OutputTokens = held.OutputTokens * 3 / 2
		var h heard
		_, usage, failure := models(t, provider, 0).Complete(t.Context(), request, held, h.listener())
		if failure == nil || len(sim.Journal()) != 2 || usage.ModelCalls != 2 || usage.Cost > held.Cost {
			t.Errorf("%d requests, usage %+v of %+v, %v", len(sim.Journal()), usage, held, failure)
		}
	})
}

func TestRequestsAreLimited(t *testing.T) {
	_, url := simulation(t)
	limited := models(t, wires(url)["chat"], 60)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var h heard
	if _, _, failure := limited.Complete(ctx, ask("?"), node.Usage{}, h.listener()); failure != nil {
		t.Fatal(failure)
	}
	_, _, failure := limited.Complete(ctx, ask("?"), node.Usage{}, h.listener())
	if failure == nil || failure.Code != node.CodeRateLimited || failure.Final {
		t.Errorf("the second request within the second: %v", failure)
	}
}

// TestOneCallsLimitHoldsForAll: after a 429 nobody asks before the time that the provider named.
func TestOneCallsLimitHoldsForAll(t *testing.T) {
	sim, url := simulation(t, modelsim.Rule{Times: 1, Reply: modelsim.Reply{Status: 429, RetryAfter: "0.4"}})
	shared := models(t, wires(url)["chat"], 0)
	var group sync.WaitGroup
	group.Go(func() { _, _, _ = shared.Complete(t.Context(), ask("first"), node.Usage{}, (&heard{}).listener()) })
	for len(sim.Journal()) == 0 || sim.Journal()[0].Outcome != modelsim.Refused {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // for the first call to read its answer
	for range 3 {
		group.Go(func() { _, _, _ = shared.Complete(t.Context(), ask("later"), node.Usage{}, (&heard{}).listener()) })
	}
	group.Wait()
	entries := sim.Journal()
	if len(entries) != 5 {
		t.Fatalf("%d requests", len(entries))
	}
	for _, entry := range entries[1:] {
		if pause := entry.Began.Sub(entries[0].Ended); pause < 300*time.Millisecond {
			t.Errorf("a request came after %s", pause)
		}
	}
}

func TestProviderWithoutAKey(t *testing.T) {
	none := model.NewModels(nil, prices(t), time.Millisecond)
	_, _, failure := none.Complete(t.Context(), ask("?"), node.Usage{}, (&heard{}).listener())
	if failure == nil || failure.Code != node.CodeUnavailable || !failure.Final || !strings.Contains(failure.Message, "OPENAI_API_KEY") {
		t.Errorf("got %v", failure)
	}
	if reasons := none.Providers(); reasons[model.OpenAI] == "" || reasons[model.Anthropic] == "" {
		t.Errorf("got %v", reasons)
	}
}

func TestCost(t *testing.T) {
	p := prices(t)
	for _, test := range []struct {
		provider, model string
		tokens          model.Tokens
		want            int64
	}{
		{model.OpenAI, "gpt-5-mini", model.Tokens{Input: 1_000_000}, 250_000},
		{model.OpenAI, "gpt-5-mini-2025-08-07", model.Tokens{Output: 1_000_000}, 2_000_000},
		{model.OpenAI, "gpt-5-mini", model.Tokens{Input: 1}, 1},
		{model.OpenAI, "gpt-6.2-sol", model.Tokens{Input: 272_000, Output: 1000}, 544_000 + 10_000},
		{model.OpenAI, "gpt-6.2-sol", model.Tokens{Input: 272_001, Output: 1000}, 1_088_004 + 15_000},
		{model.OpenAI, "some-new-model", model.Tokens{Output: 1_000_000}, 180_000_000},
		{model.Anthropic, "claude-haiku-4-5-20251001", model.Tokens{Input: 1000, CacheReads: 400, CacheWrites: 100, Output: 10}, 500 + 40 + 200 + 50},
		{model.Anthropic, "claude-haiku-5-5", model.Tokens{Input: 100_001}, 50_001},
		{model.Anthropic, "some-new-model", model.Tokens{Output: 1_000_000}, 50_000_000},
	} {
		if got := p.Cost(test.provider, test.model, test.tokens); got != test.want {
			t.Errorf("%s %+v costs %d, want %d", test.model, test.tokens, got, test.want)
		}
	}
}

// TestReserveIsAnUpperBound for texts in scripts of one to four bytes a character, which tokenizers cut
// into at most one token a byte.
func TestReserveIsAnUpperBound(t *testing.T) {
	p := prices(t)
	for _, text := range []string{"plain", "ÄÖÜ", "\u4e16\u754c", "👋🏽"} {
		for _, name := range []string{"gpt-5-mini", "gpt-6.2-sol", "unknown"} {
			request := ask(strings.Repeat(text, 1000))
			request.Model = name
			held := reserve(t, request)
			worst := p.Usage(request, model.Tokens{Input: int64(1000 * len(text)), Output: request.MaxOutputTokens})
			if held.Cost < worst.Cost || held.InputTokens < worst.InputTokens || held.OutputTokens < worst.OutputTokens || held.ModelCalls != 1 {
				t.Errorf("%s: held back %+v, may use %+v", name, held, worst)
			}
		}
	}
}

func FuzzSchemas(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`)
	f.Add(`{"anyOf":[{"type":"null"},{"$ref":"#"}]}`)
	f.Add(`[]`)
	sim := modelsim.New(modelsim.Script{})
	server := startFuzzed(f, sim)
	f.Fuzz(func(t *testing.T, schema string) {
		if !json.Valid([]byte(schema)) {
			return
		}
		request := ask("?")
		request.OutputSchema = json.RawMessage(schema)
		request.Tools = []model.Tool{{Name: "f", Parameters: json.RawMessage(schema)}}
		for name, provider := range wires(server) {
			if _, err := provider.Complete(t.Context(), request, func(string) {}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
