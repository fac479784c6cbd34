package durable

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/id"
)

// Receive starts the run of a delivery that was verified, once for its id, and gives the run.
func (e *Engine) Receive(ctx context.Context, hook store.Webhook, delivery string, variables map[string]any) (string, error) {
	version, plan, err := e.startable(ctx, hook.Workspace, hook.WorkflowID, int(hook.Version))
	if err != nil {
		return "", err
	}
	inputs, err := trigger.CompileInputs(json.RawMessage(hook.Inputs), slices.Sorted(maps.Keys(variables)))
	if err != nil {
		return "", err
	}
	value, err := inputs.For(plan, variables)
	if err != nil {
		return "", err
	}
	run, by := id.New(id.Run), ledger.Actor{Subject: hook.ID, Kind: trigger.KindWebhook}
	outcome, err := e.do(ctx, command{Do: doDeliver, Workspace: hook.Workspace, Run: run, Version: version, By: by,
		New: ledger.New{ID: run, Workspace: hook.Workspace, Inputs: value, By: by}, Delivery: &trigger.Delivery{Webhook: hook.ID, ID: delivery}})
	return outcome.Run, err
}
