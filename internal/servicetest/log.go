package servicetest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a failed test shows of a process's log: its end, so that the reason of the failure stays in sight.
const (
	shownLines  = 3
	shownColumn = 300
)

// report shows the end of the log. With -artifacts, go test keeps the whole.
func (p *Process) report(t *testing.T) {
	t.Helper()
	name := fmt.Sprintf("%s-%d.log", filepath.Base(p.command.Path), p.PID())
	text := p.log.String()
	if flag.Lookup("test.artifacts").Value.String() == "true" {
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name), []byte(text), 0o600); err != nil {
			t.Log(err)
		}
	}
	if p.retired {
		return // the test itself has ended it
	}
	t.Logf("the end of %s (go test -artifacts keeps all its %d lines):\n%s", name, strings.Count(text, "\n"), end(text))
}

// ExpectNoSecret fails the test if one of the secrets is in the log so far.
func (p *Process) ExpectNoSecret(t *testing.T, secrets ...string) {
	t.Helper()
	text := p.log.String()
	for i, secret := range secrets {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("secret %d of %d is empty, or in the log of %s", i+1, len(secrets), filepath.Base(p.command.Path))
		}
	}
}

// end gives the last lines, each cut to what fits.
func end(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = lines[max(0, len(lines)-shownLines):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), shownColumn)]
	}
	return strings.Join(lines, "\n")
}
