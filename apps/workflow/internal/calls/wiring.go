package calls

import (
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/config"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
)

// Calls is what the engine needs to make calls, as its environment configures them.
type Calls struct {
	Programs  map[string]node.Program
	Performer node.Performer
	// Providers says of each provider of models why it cannot be used here; empty: it can.
	Providers map[string]string
}

// New makes them.
func New(c config.Config) (*Calls, error) {
	prices, err := model.LoadPrices()
	if err != nil {
		return nil, err
	}
	models := model.NewModels(accounts(c), prices, 500*time.Millisecond)
	guarded := outbound.NewClient(outbound.Options{AllowPrefixes: c.OutboundAllow.Prefixes, AllowHosts: c.OutboundAllow.Hosts})
	return &Calls{Programs: Programs(prices), Performer: NewPerformer(models, guarded), Providers: models.Providers()}, nil
}

func accounts(c config.Config) map[string]model.Account {
	accounts := map[string]model.Account{}
	if key := c.OpenAIAPIKey.Reveal(); key != "" {
		accounts[model.OpenAI] = model.Account{Provider: model.NewOpenAI(key, string(c.OpenAIBaseURL)), Key: key, RequestsPerMinute: int(c.OpenAIRequestsPerMinute)}
	}
	if key := c.AnthropicAPIKey.Reveal(); key != "" {
		accounts[model.Anthropic] = model.Account{Provider: model.NewAnthropic(key, string(c.AnthropicBaseURL)), Key: key, RequestsPerMinute: int(c.AnthropicRequestsPerMinute)}
	}
	return accounts
}
