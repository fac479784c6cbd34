package database_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// DBOS retries after errors of the network, and takes a bare "unexpected EOF" for a step's result.
func TestAConnectionThatEndsWithoutAWordIsAnErrorOfTheNetwork(t *testing.T) {
	t.Parallel()
	pool, err := database.Open(t.Context(), databasetest.URL(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	server, client := net.Pipe()
	frontend := pool.Config().ConnConfig.BuildFrontend(client, client)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = frontend.Receive()
	if _, ok := errors.AsType[net.Error](err); !ok || !errors.Is(err, io.ErrUnexpectedEOF) || !database.Unavailable(err) {
		t.Errorf("it is %v (%T)", err, err)
	}
}
