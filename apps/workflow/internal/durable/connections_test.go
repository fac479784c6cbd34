package durable_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/contract"
)

// The smallest pool that the infrastructure may give has room for what waits in it and for what is done.
func TestTheSmallestPoolCarriesRunsOut(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``)+","+httpNode("b", "GET", ``), `{"from": "a", "to": "b"}`))
	config := s.pool.Config()
	config.MaxConns = contract.LeastConnections
	small, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(small.Close)
	s.pool = small
	e := s.engine(&calls{}, 0)
	runs := make([]string, 20)
	for i := range runs {
		runs[i] = s.start(e)
	}
	for _, run := range runs {
		s.await(run, "completed", 30*time.Second)
	}
}
