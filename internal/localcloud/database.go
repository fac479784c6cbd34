package localcloud

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/agentteam/agentteam/internal/localpostgres"
)

// database stands for RDS: one PostgreSQL with the names, the password and the TLS of the deployed one.
type database struct {
	host   string
	server *localpostgres.Server
	login  localpostgres.Login // that it has now
}

// databaseURL is a secret's value, if it is the URL of a PostgreSQL.
func databaseURL(value string) (host, port string, login localpostgres.Login, found bool) {
	at, err := url.Parse(value)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || at.User == nil {
		return "", "", localpostgres.Login{}, false
	}
	password, _ := at.User.Password()
	return at.Hostname(), at.Port(), localpostgres.Login{User: at.User.Username(), Password: password, Database: strings.TrimPrefix(at.Path, "/")}, true
}

// useDatabase runs the database that a secret names, and gives it the password that stands in the secret now: what RDS has
// is not to be read from its API, and a rotation writes both.
func (c *Cloud) useDatabase(ctx context.Context, secret string) error {
	host, port, login, found := databaseURL(secret)
	if !found {
		return nil
	}
	if !c.endpoints.Databases[net.JoinHostPort(host, port)] {
		return fmt.Errorf("a secret names the PostgreSQL %s:%s, which is no endpoint of RDS", host, port)
	}
	if c.database == nil {
		if err := c.startDatabase(ctx, host, port); err != nil {
			return err
		}
	}
	if c.database.host != host {
		return fmt.Errorf("the tasks use %s and %s: this machine runs one PostgreSQL", c.database.host, host)
	}
	if c.database.login == login {
		return nil
	}
	if err := c.database.server.Ensure(ctx, login); err != nil {
		return err
	}
	c.log.Info("PostgreSQL has the deployed password", "user", login.User, "database", login.Database)
	c.database.login = login
	return nil
}

func (c *Cloud) startDatabase(ctx context.Context, host, port string) error {
	certificate, key, err := c.authority.Issue(host)
	if err != nil {
		return err
	}
	address := c.block.address(databasePlace)
	server, err := localpostgres.Start(ctx, localpostgres.Options{
		Dir: c.options.Data, Listen: net.JoinHostPort(address.String(), port), Certificate: certificate, Key: key, Out: c.options.Out,
	})
	if err != nil {
		return err
	}
	c.database = &database{host: host, server: server}
	c.log.Info("PostgreSQL runs", "for", host, "at", address.String())
	return c.names.add(host, address)
}
