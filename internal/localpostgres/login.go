package localpostgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Login is a role that owns a database and may do what User may.
type Login struct{ User, Password, Database string }

// Ensure makes the role and the database if they are not there, and gives the role this password. Connections that are
// open stay so.
func (s *Server) Ensure(ctx context.Context, l Login) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	role, database, err := exist(ctx, conn, l.User, l.Database)
	if err != nil {
		return err
	}
	verb := "CREATE"
	if role {
		verb = "ALTER"
	}
	user, password := pgx.Identifier{l.User}.Sanitize(), "'"+strings.ReplaceAll(l.Password, "'", "''")+"'"
	if _, err := conn.Exec(ctx, verb+" ROLE "+user+" LOGIN CREATEDB CREATEROLE PASSWORD "+password); err != nil {
		return errors.New("set the password of " + user + ": " + strings.ReplaceAll(err.Error(), l.Password, "…"))
	}
	if !database {
		_, err = conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s", pgx.Identifier{l.Database}.Sanitize(), user))
	}
	return err
}

func exist(ctx context.Context, conn *pgx.Conn, user, name string) (role, database bool, err error) {
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_database WHERE datname = $2)`, user, name).
		Scan(&role, &database)
	return role, database, err
}
