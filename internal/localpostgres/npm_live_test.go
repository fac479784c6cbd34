//go:build live

package localpostgres

import (
	"os"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/database"
)

// The registry's real binaries run, and take our migrations.
func TestWhatNpmInstallsRuns(t *testing.T) {
	//nolint:usetesting // the account of the server cannot enter the test's folder
	cache, err := os.MkdirTemp("/var/tmp", "npm-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(cache) })
	if err := os.Chmod(cache, 0o755); err != nil { // the account that the server runs as has to reach it
		t.Fatal(err)
	}
	began := time.Now()
	dir, err := installInto(t.Context(), cache, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("installed in %s", time.Since(began).Round(time.Millisecond))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s := start(t, Options{})
	if s.binaries.dir != dir || s.binaries.major != "17" {
		t.Fatalf("it runs %+v", s.binaries)
	}
	if err := database.Migrate(t.Context(), s.URL(User)); err != nil {
		t.Error(err)
	}
	if got := text(t, connect(t, s.URL(User)), `SELECT upper('ä')`); got != "Ä" {
		t.Errorf("upper('ä') = %s", got)
	}
}
