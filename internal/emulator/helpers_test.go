package emulator_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"
)

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func waitUntilNoProcessNames(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		processes, err := psprocess.Processes()
		if err != nil {
			t.Fatal(err)
		}
		named := func(p *psprocess.Process) bool {
			line, err := p.Cmdline()
			return err == nil && strings.Contains(line, text)
		}
		if !slices.ContainsFunc(processes, named) {
			return
		}
	}
	t.Errorf("a process of %s is still alive", text)
}
