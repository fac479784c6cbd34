package model

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Account is how one provider is reached; without a key the provider is absent.
type Account struct {
	Provider          Provider // nil: absent
	Key               string   // never shown: it is taken out of every message
	RequestsPerMinute int      // of this process; 0: no limit
}

// Models makes calls with the providers that there are. It is safe for concurrent use.
type Models struct {
	lines  map[string]*line
	prices *Prices
	pause  time.Duration
}

// NewModels takes an account for each of the providers, by its name. Firstpause is that before the second
// try of a call; it doubles with each.
func NewModels(accounts map[string]Account, prices *Prices, firstPause time.Duration) *Models {
	m := &Models{lines: map[string]*line{}, prices: prices, pause: firstPause}
	for name, account := range accounts {
		if account.Provider != nil {
			m.lines[name] = newLine(account)
		}
	}
	return m
}

// Providers says of each provider why it cannot be used here; empty: it can.
func (m *Models) Providers() map[string]string {
	reasons := map[string]string{}
	for _, name := range []string{OpenAI, Anthropic} {
		reasons[name] = ""
		if m.lines[name] == nil {
			reasons[name] = fmt.Sprintf("the provider %s has no API key here: an operator has to set %s_API_KEY", name, strings.ToUpper(name))
		}
	}
	return reasons
}

// Listener hears of a call while it is made, from one goroutine at a time.
type Listener struct {
	Delta func(text string) // some more of the answer
	Reset func()            // forget the deltas: another try begins
}

// maxTries of one call, if the answers are slow down, overloaded, or nothing.
const maxTries = 4

// maxPause is the longest that a call waits by itself; for longer ones the step's own retry is better.
const maxPause = 30 * time.Second

// Complete makes a call, again if that is worth it, within the context's time and the reserved usage. The
// usage is what all tries consumed.
func (m *Models) Complete(ctx context.Context, r Request, reserve node.Usage, on Listener) (Response, node.Usage, *node.Failure) {
	line, ok := m.lines[r.Provider]
	if !ok {
		return Response{}, node.Usage{}, &node.Failure{Code: node.CodeUnavailable, Message: m.Providers()[r.Provider], Final: true}
	}
	var spent node.Usage
	for try := 1; ; try++ {
		response, err := line.complete(ctx, r, on.Delta)
		if err == nil {
			return response, sum(spent, m.prices.Usage(r, response.Usage)), nil
		}
		if err.Spent != (Tokens{}) {
			spent = sum(spent, m.prices.Usage(r, err.Spent))
		}
		if !err.Repeatable || try == maxTries || !m.affords(r, spent, reserve) || !m.wait(ctx, line, try, err) {
			return Response{}, spent, err.Failure()
		}
		on.Reset()
	}
}

// affords says whether another try still fits into what is reserved for the call. Nothing is spent but by
// answers that were cut; the input of those is what the next try's will be.
func (m *Models) affords(r Request, spent, reserve node.Usage) bool {
	if spent.ModelCalls == 0 {
		return true
	}
	next := m.prices.Usage(r, Tokens{Input: spent.InputTokens / spent.ModelCalls, Output: r.MaxOutputTokens})
	whole := sum(spent, next)
	return whole.Cost <= reserve.Cost && whole.InputTokens+whole.OutputTokens <= reserve.InputTokens+reserve.OutputTokens
}

// wait pauses before the next try, and says whether there will be one.
func (m *Models) wait(ctx context.Context, line *line, try int, err *Error) bool {
	pause := m.pause << (try - 1)
	pause = pause/2 + rand.N(pause/2+1) //nolint:gosec // spreads the tries of many calls; nothing to guess
	pause = max(pause, err.RetryAfter)
	if err.Code == node.CodeRateLimited {
		line.hold(pause)
	}
	deadline, bounded := ctx.Deadline()
	if pause > maxPause || bounded && time.Until(deadline) < pause {
		return false
	}
	return sleep(ctx, pause)
}

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func sum(a, b node.Usage) node.Usage {
	return node.Usage{
		InputTokens: a.InputTokens + b.InputTokens, OutputTokens: a.OutputTokens + b.OutputTokens, Cost: a.Cost + b.Cost,
		ModelCalls: a.ModelCalls + b.ModelCalls, ToolCalls: a.ToolCalls + b.ToolCalls,
	}
}
