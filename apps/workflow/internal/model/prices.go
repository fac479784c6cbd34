package model

import (
	_ "embed" // the prices
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

//go:embed prices.json
var pricesJSON []byte

var snapshot = regexp.MustCompile(`-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$`)

// price is micro-USD per million tokens.
type price struct {
	Input      float64 `json:"input"`
	CacheRead  float64 `json:"cache_read"`
	CacheWrite float64 `json:"cache_write"` // the longest-lived one; 0: as Input
	Output     float64 `json:"output"`
	LongAbove  int64   `json:"long_above"` // input tokens above which the whole request costs more; 0: never
	LongInput  float64 `json:"long_input"`
	LongOutput float64 `json:"long_output"`
}

// Prices say what calls cost. A model that is not listed costs what the provider's dearest model costs, so
// that a budget holds in any case.
type Prices struct {
	models  map[string]map[string]price
	dearest map[string]price
}

// LoadPrices reads the table that is part of the program, prices.json.
func LoadPrices() (*Prices, error) {
	var table struct {
		OpenAI    map[string]price `json:"openai"`
		Anthropic map[string]price `json:"anthropic"`
	}
	if err := json.Unmarshal(pricesJSON, &table); err != nil {
		return nil, fmt.Errorf("prices.json: %w", err)
	}
	p := &Prices{models: map[string]map[string]price{OpenAI: table.OpenAI, Anthropic: table.Anthropic}, dearest: map[string]price{}}
	for provider, models := range p.models {
		for _, listed := range models {
			if listed.Output > p.dearest[provider].Output {
				p.dearest[provider] = listed
			}
		}
	}
	return p, nil
}

// Known says whether the model is listed.
func (p *Prices) Known(provider, model string) bool {
	_, known := p.models[provider][family(model)]
	return known
}

// Cost is what the tokens cost in micro-USD, rounded up.
func (p *Prices) Cost(provider, model string, tokens Tokens) int64 {
	rate := p.find(provider, model)
	input, output := 1.0, 1.0
	if rate.LongAbove > 0 && tokens.Input > rate.LongAbove {
		input, output = rate.LongInput, rate.LongOutput
	}
	write := rate.CacheWrite
	if write == 0 {
		write = rate.Input
	}
	plain := tokens.Input - tokens.CacheReads - tokens.CacheWrites
	sum := input*(float64(plain)*rate.Input+float64(tokens.CacheReads)*rate.CacheRead+float64(tokens.CacheWrites)*write) + output*float64(tokens.Output)*rate.Output
	return int64(math.Ceil(sum / 1e6))
}

// Reserve is the most that one request can consume. A token is at least a byte of what is sent; hidden
// covers what providers add for tools and roles.
func (p *Prices) Reserve(r Request) (node.Usage, error) {
	const hidden = 1024
	sent, err := json.Marshal(r)
	if err != nil {
		return node.Usage{}, fmt.Errorf("encode the request: %w", err)
	}
	most := Tokens{Input: int64(len(sent)) + hidden, Output: r.MaxOutputTokens}
	if rate := p.find(r.Provider, r.Model); rate.CacheWrite > rate.Input {
		most.CacheWrites = most.Input
	}
	return p.Usage(r, most), nil
}

// Usage is the tokens of one call, with their cost.
func (p *Prices) Usage(r Request, tokens Tokens) node.Usage {
	tokens = tokens.plausible()
	return node.Usage{InputTokens: tokens.Input, OutputTokens: tokens.Output, Cost: p.Cost(r.Provider, r.Model, tokens), ModelCalls: 1}
}

func (p *Prices) find(provider, model string) price {
	if listed, ok := p.models[provider][family(model)]; ok {
		return listed
	}
	return p.dearest[provider]
}

// family drops a snapshot's date: gpt-5-2025-08-07, claude-haiku-4-5-20251001.
func family(model string) string { return snapshot.ReplaceAllString(strings.ToLower(model), "") }
