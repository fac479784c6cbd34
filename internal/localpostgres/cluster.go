package localpostgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
)

const superuser = "postgres"

// initialize makes the data and the password unless an earlier start did.
func (s *Server) initialize(ctx context.Context) error {
	if s.options.Dir == "" {
		return s.copyEmpty(ctx)
	}
	file := filepath.Join(s.home, "password")
	content, err := os.ReadFile(file)
	if err == nil {
		s.password = strings.TrimSpace(string(content))
		return s.checkVersion()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if entries, err := os.ReadDir(s.data()); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s holds data, but %s, their password, is gone: put it back, or remove the folder", s.data(), file)
	}
	s.password = rand.Text()
	fresh := file + ".new" // in place once the data are whole
	if err := s.initdb(ctx, s.data(), fresh); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

// initdb makes empty data, whose superuser has the password that it writes into the file.
func (s *Server) initdb(ctx context.Context, data, passwordFile string) error {
	if err := os.WriteFile(passwordFile, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.account.own(passwordFile); err != nil {
		return err
	}
	arguments := append(initdbArguments(), "--pgdata="+data, "--pwfile="+passwordFile)
	//nolint:gosec // our own program and arguments
	cmd := s.account.prepare(exec.CommandContext(ctx, s.binaries.program("initdb"), arguments...), s.run)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s%s", err, strings.TrimSpace(string(out)), s.account.hint(filepath.Dir(data)))
	}
	return nil
}

func initdbArguments() []string {
	return []string{
		"--username=" + superuser, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=" + locale(), "--no-instructions",
		"--no-sync", // syncing takes ten seconds on a slow disk; the system writes empty databases out soon enough
	}
}

// locale knows the letters of all languages, as RDS's does, so that looking for text in any case works.
func locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8" // macOS has no C.UTF-8
	}
	return "C.UTF-8"
}

func (s *Server) checkVersion() error {
	content, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if err != nil {
		return err
	}
	if of := strings.TrimSpace(string(content)); of != s.binaries.major {
		return fmt.Errorf("%s is of PostgreSQL %s, and %s holds %s: install PostgreSQL %s, or remove the data", s.data(), of, s.binaries.dir, s.binaries.major, of)
	}
	return nil
}

// connect connects as the superuser, by the socket: nobody else's server can be there.
func (s *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=%s database=postgres sslmode=disable", s.run, s.port, superuser))
	if err != nil {
		return nil, err
	}
	config.Password = s.superpassword
	return pgx.ConnectConfig(ctx, config)
}

// makeUser makes User and its database.
func (s *Server) makeUser(ctx context.Context) error {
	s.superpassword = s.password
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return s.setUp(ctx, conn)
}

func (s *Server) setUp(ctx context.Context, conn *pgx.Conn) error {
	role, database, err := exist(ctx, conn, User, User)
	if err != nil {
		return err
	}
	if !role {
		if s.options.Dir == "" {
			s.password = rand.Text() // no two servers take the same, though their data are copies
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEDB CREATEROLE PASSWORD '%s'`, User, s.password)); err != nil {
			return err
		}
	}
	if !database {
		_, err = conn.Exec(ctx, fmt.Sprintf(`CREATE DATABASE %s OWNER %[1]s`, User))
	}
	return err
}
