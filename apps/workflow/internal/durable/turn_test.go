package durable_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// TestEnginesStartTogether starts engines at the same time on a database that DBOS has not seen.
func TestEnginesStartTogether(t *testing.T) {
	t.Parallel()
	pool := databasetest.Open(t)
	const engines = 3
	failed := make(chan error, engines)
	for range engines {
		go func() {
			e, err := durable.New(t.Context(), durable.Options{Pool: pool, Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				err = e.Close(context.WithoutCancel(t.Context()))
			}
			failed <- err
		}()
	}
	for range engines {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
