package localpostgres

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// asServer makes the test binary a process that starts a server, says which, and waits to be killed.
const asServer = "LOCALPOSTGRES_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		s, err := Start(context.Background(), Options{})
		if err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString(s.run + " " + strconv.Itoa(s.process.Process.Pid) + "\n")
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, options Options) *Server {
	t.Helper()
	began := time.Now()
	s, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started PostgreSQL %s in %s", s.binaries.major, time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func text(t *testing.T, conn *pgx.Conn, query string) (value string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestAServerLivesThroughKillsAndLeavesNothing(t *testing.T) {
	s := start(t, Options{})
	conn := connect(t, s.URL(User))
	if got := text(t, conn, `SELECT rolsuper::text || rolbypassrls::text || rolcreaterole::text FROM pg_roles WHERE rolname = current_user`); got != "falsefalsetrue" {
		t.Errorf("superuser, bypasses row security, makes roles: %s", got)
	}
	if got := text(t, conn, `SELECT upper('ä')`); got != "Ä" {
		t.Errorf("the locale knows ASCII alone: upper('ä') = %s", got)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept (); `); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), s.URL(User)); err == nil {
		t.Fatal("a killed server takes connections")
	}
	for range 2 { // the second time it runs
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		text(t, connect(t, s.URL(User)), `SELECT count(*)::text FROM kept`)
	}
	run := s.run
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(run); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left behind: %v", run, err)
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	s := start(t, Options{})
	_, err := pgx.Connect(t.Context(), strings.Replace(s.URL(User), s.password, "wrong", 1))
	if err == nil || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("a wrong password gives %v", err)
	}
}

func TestAFolderKeepsData(t *testing.T) {
	//nolint:usetesting // the account of the server cannot enter the test's folder
	dir, err := os.MkdirTemp("", "kept-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	first := start(t, Options{Dir: dir, Durable: true})
	conn := connect(t, first.URL(User))
	if got := text(t, conn, `SHOW fsync`); got != "on" {
		t.Errorf("fsync is %s", got)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept ()`); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "postmaster.pid") {
		t.Errorf("a second server on the same data: %v", err)
	}
	text(t, conn, `SELECT count(*)::text FROM kept`) // and the first lives on
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, Options{Dir: dir})
	text(t, connect(t, second.URL(User)), `SELECT count(*)::text FROM kept`)
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is of PostgreSQL 9") {
		t.Errorf("data of another version: %v", err)
	}
}

func TestTheServerEndsWithAKilledProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"=1")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(line)
	pid, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the server does not run: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	gone := func() bool {
		_, err := os.Stat(fields[0])
		return errors.Is(err, fs.ErrNotExist)
	}
	for deadline := time.Now().Add(10 * time.Second); !gone() && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	state, _ := os.ReadFile("/proc/" + fields[1] + "/stat")
	if !gone() || (len(state) > 0 && !strings.Contains(string(state), ") Z ")) {
		t.Errorf("left behind: folder gone %t, process %q", gone(), state)
	}
}

func TestAStartThatIsGivenUpLeavesNothing(t *testing.T) {
	//nolint:usetesting // as above
	parent, err := os.MkdirTemp("", "given-up-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	if err := os.Chmod(parent, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", parent)
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		s, err := Start(ctx, Options{})
		cancel()
		if err == nil {
			err = s.Stop() // a fast machine
		}
		if err != nil && !strings.Contains(err.Error(), "deadline exceeded") && !strings.Contains(err.Error(), "killed") {
			t.Errorf("after %s: %v", after, err)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
			t.Errorf("after %s there are left %v, %v", after, left, err)
		}
	}
}
