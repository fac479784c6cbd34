// Package directcall makes calls of models outside of runs. Each is written down before it is made and settled after it, so
// that no usage is lost from sight, also when its caller leaves.
package directcall

import (
	"context"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
)

const (
	callTimeout   = 10 * time.Minute // an agent's step has as long
	settleTimeout = 10 * time.Second
)

// What calls are made for.
const (
	Generate = "generate"
	Refine   = "refine"
	Judge    = "judge"
)

// Models makes the calls. It is safe for concurrent use.
type Models struct {
	models *model.Models
	prices *model.Prices
	store  *store.Store
}

// New makes calls with these models and keeps them in the store.
func New(models *model.Models, prices *model.Prices, s *store.Store) *Models {
	return &Models{models: models, prices: prices, store: s}
}

// Account is for whom calls are made, what they may consume together, and what they have consumed.
type Account struct {
	Workspace string
	By        store.Actor
	Purpose   string
	Budget    document.Budget // of cost and tokens; 0 is no bound
	Used      node.Usage
}

// Complete makes one call. A *node.Failure is the model's, or that of the budget; another error is the database's.
func (m *Models) Complete(ctx context.Context, a *Account, r model.Request, on model.Listener) (model.Response, error) {
	reserve, err := m.prices.Reserve(r)
	if err != nil {
		return model.Response{}, err
	}
	if refused := a.affords(reserve); refused != nil {
		return model.Response{}, refused
	}
	r.ID = id.New(id.Call)
	call := store.DirectCall{ID: r.ID, Purpose: a.Purpose, Provider: r.Provider, Model: r.Model, By: a.By}
	if err := m.store.BeginDirectCall(ctx, a.Workspace, call); err != nil {
		return model.Response{}, fmt.Errorf("write down a call of a model: %w", err)
	}
	calling, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, used, failure := m.models.Complete(calling, r, reserve, on)
	a.add(used)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := m.store.EndDirectCall(settling, a.Workspace, r.ID, used, failure); err != nil {
		return model.Response{}, fmt.Errorf("settle a call of a model: %w", err)
	}
	if failure != nil {
		return model.Response{}, failure
	}
	return response, nil
}

// affords refuses a call that may consume more than is left.
func (a *Account) affords(reserve node.Usage) error {
	for _, b := range []struct {
		name        string
		bound, most int64
	}{
		{"micro-USD", a.Budget.CostMicroUSD, a.Used.Cost + reserve.Cost},
		{"tokens", a.Budget.Tokens, a.Used.InputTokens + a.Used.OutputTokens + reserve.InputTokens + reserve.OutputTokens},
	} {
		if b.bound > 0 && b.most > b.bound {
			return node.Fail(node.CodeBudgetExhausted, "the budget of %d %s would be exceeded: up to %d with the next call of the model; raise it", b.bound, b.name, b.most)
		}
	}
	return nil
}

func (a *Account) add(u node.Usage) {
	a.Used.InputTokens += u.InputTokens
	a.Used.OutputTokens += u.OutputTokens
	a.Used.Cost += u.Cost
	a.Used.ModelCalls += u.ModelCalls
}
