package main

import (
	"context"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/health"
)

// benchStart measures from the start of a process until it is ready, its database being migrated.
func benchStart(ctx context.Context, w *world, o options) error {
	t := newTable("start to ready with a migrated database; medians of %d rounds", o.rounds)
	ready := map[string]func(context.Context) error{
		devstack.Engine: func(ctx context.Context) error { return health.GRPC(ctx, w.stack.Engine) },
		devstack.Gateway: func(ctx context.Context) error {
			return health.HTTP(ctx, strings.TrimPrefix(w.stack.Gateway, "http://"), "/ready")
		},
	}
	for _, name := range []string{devstack.Engine, devstack.Gateway} {
		t.add(name, "ms", func() (float64, error) {
			took, err := w.stack.Restart(ctx, name, ready[name])
			return float64(took) / float64(time.Millisecond), err
		}).bound = "≤ 1000"
	}
	return t.measure(o.rounds)
}
