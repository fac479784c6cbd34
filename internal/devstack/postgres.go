package devstack

import (
	"cmp"
	"context"
	"net/url"

	"github.com/agentteam/agentteam/internal/localpostgres"
)

// startDatabase runs a PostgreSQL whose data outlive it when there is a folder for them.
func (s *Stack) startDatabase(ctx context.Context) error {
	server, err := localpostgres.Start(ctx, localpostgres.Options{Dir: s.options.Data, Out: s.options.Out})
	if err != nil {
		return err
	}
	s.started("PostgreSQL", server.Stop)
	s.database = server.URL(localpostgres.User)
	at, err := url.Parse(s.database)
	if err != nil {
		return err
	}
	s.reportf("PostgreSQL on %s, data in %s", at.Host, cmp.Or(s.options.Data, "a temporary folder"))
	return nil
}
