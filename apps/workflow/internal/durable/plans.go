package durable

import (
	"context"
	"sync"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
)

// maxPlans bounds how many compiled documents are kept.
const maxPlans = 256

// plans keeps what runs are made of. Published versions never change, so a plan is right for ever.
type plans struct {
	load func(ctx context.Context, workspace, workflowID string, version int) (*graph.Graph, error)
	mu   sync.Mutex
	kept map[planKey]ledger.Plan
}

type planKey struct {
	workspace string
	version   ledger.Version
}

func (p *plans) get(ctx context.Context, workspace string, version ledger.Version) (ledger.Plan, error) {
	key := planKey{workspace, version}
	p.mu.Lock()
	plan, found := p.kept[key]
	p.mu.Unlock()
	if found {
		return plan, nil
	}
	plan, err := ledger.Resolve(version, func(v ledger.Version) (*graph.Graph, error) { return p.load(ctx, workspace, v.Workflow, v.Number) })
	if err != nil {
		return ledger.Plan{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for other := range p.kept {
		if len(p.kept) < maxPlans {
			break
		}
		delete(p.kept, other) // any: what is used often comes back soon
	}
	p.kept[key] = plan
	return plan, nil
}
