package localpostgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	portTries     = 5
	readyLook     = 10 * time.Millisecond
	endPatience   = 10 * time.Second
	maxLogExcerpt = 4 << 10
)

var errPortTaken = errors.New("the port was taken by another program")

// listen launches the server where it is wanted.
func (s *Server) listen(ctx context.Context) error {
	if err := s.writeCertificate(); err != nil {
		return err
	}
	if s.options.Listen == "" {
		return s.launchOnFreePort(ctx)
	}
	host, port, err := net.SplitHostPort(s.options.Listen)
	if err != nil {
		return err
	}
	if s.port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen on %s: the port must be a number: %w", s.options.Listen, err)
	}
	s.host = host
	if err := s.launch(ctx); err != nil {
		return fmt.Errorf("listen on %s: %w", s.options.Listen, err)
	}
	return nil
}

// launchOnFreePort tries again when another program was faster to take the port.
func (s *Server) launchOnFreePort(ctx context.Context) error {
	var err error
	s.host = "127.0.0.1"
	for range portTries {
		if s.port, err = freePort(ctx); err != nil {
			return err
		}
		if err = s.launch(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener has a TCP address
}

// launch starts the server and returns when it takes connections.
func (s *Server) launch(ctx context.Context) error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	//nolint:gosec,noctx // our own program and arguments; the server outlives the start's context
	cmd := s.account.prepare(exec.Command(s.binaries.program("postgres"), s.arguments()...), s.run)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w%s", err, s.account.hint(s.run))
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // the log says why
	}()
	s.process, s.exited = cmd, exited
	if err := errors.Join(s.guard.watch(cmd.Process.Pid), s.awaitReady(ctx)); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

func (s *Server) arguments() []string {
	settings := []string{
		"listen_addresses=" + s.host, "port=" + strconv.Itoa(s.port),
		"unix_socket_directories=" + s.run, "unix_socket_permissions=0700",
		"max_connections=200", "max_wal_senders=0", "wal_level=minimal", "jit=off", "timezone=UTC", "log_timezone=UTC",
	}
	if s.options.Certificate != nil {
		settings = append(settings, "ssl=on", "ssl_cert_file="+s.certificateFile(), "ssl_key_file="+s.keyFile())
	}
	if !s.options.Durable {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	arguments := append(make([]string, 0, 2+2*len(settings)), "-D", s.data())
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// awaitReady reads the state that the server writes into its pid file, as pg_ctl does: asking by connections
// would fill the log, and could reach another server.
func (s *Server) awaitReady(ctx context.Context) error {
	look := time.NewTicker(readyLook)
	defer look.Stop()
	for !s.ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w; its log ends:\n%s", ctx.Err(), s.logExcerpt())
		case <-s.exited:
			text := s.logExcerpt()
			if strings.Contains(text, "Address already in use") {
				return errPortTaken
			}
			return fmt.Errorf("it ended at once:\n%s%s", text, s.account.hint(s.home))
		case <-look.C:
		}
	}
	return nil
}

// ready says whether the eighth line of the pid file does, and the first line is our process.
func (s *Server) ready() bool {
	content, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(s.process.Process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

func (s *Server) logExcerpt() string {
	content, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(content[max(0, len(content)-maxLogExcerpt):]))
}

// end returns when the server's process has ended.
func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	late := time.AfterFunc(endPatience, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end PostgreSQL: %w", err)
	}
	<-s.exited
	s.process = nil
	return s.guard.forget()
}
