//go:build live

package commands_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadInput(t *testing.T) {
	e := startAWS(t)
	makeDemoBucket(t, e)
	tests := map[string]struct {
		args   []string
		files  map[string]string
		env    []string
		wanted []string
	}{
		"unknown environment": {args: []string{"plan", "demonstration"},
			wanted: []string{`there is no environment "demonstration": choose one of demo`}},
		"no environment": {args: []string{"deploy"},
			wanted: []string{"deploy takes one environment, got 0"}},
		"unknown command": {args: []string{"deplyo", "demo"},
			wanted: []string{`unknown command "deplyo"`}},
		"value of a wrong type": {args: []string{"plan", "demo"}, files: map[string]string{"demo.tfvars": `count_of_words = "many"`},
			wanted: []string{"demo.tfvars line 1", "a number is required", "correct the value in"}},
		"value that its validation refuses": {args: []string{"deploy", "demo", "--auto-approve"}, files: map[string]string{"terraform.tfvars": `count_of_words = 0`},
			wanted: []string{"count_of_words must be 1 or more", "correct the value in"}},
		"old terraform": {args: []string{"plan", "demo"}, files: map[string]string{"path/terraform": "#!/bin/sh\necho Terraform v1.5.0\n"},
			wanted: []string{"terraform is 1.5.0", "1.11.0 or later is needed", "take it off the PATH"}},
		"nothing answers at the endpoint": {args: []string{"plan", "demo"}, env: []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"},
			wanted: []string{"http://127.0.0.1:1", "agentteam up"}},
		"app that does not synthesize": {args: []string{"plan", "demo"}, files: map[string]string{"cdktf.json": `{"app": "echo zones must be 2 or more, got 1; exit 1"}`},
			wanted: []string{"synth", "zones must be 2 or more, got 1"}},
		"env without an emulator": {args: []string{"env"},
			wanted: []string{"no AWS emulator is running", "agentteam up"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := demoFolder(t, e, "")
			for file, text := range test.files {
				f.write(t, file, text)
			}
			f.env = append(f.env, test.env...)
			f.env = append(f.env, "PATH="+f.executables(t)+":"+os.Getenv("PATH"))
			run(t, f.agentteamCommand(t.Context(), test.args...), "").want(t, 1, test.wanted...)
			if _, objects := s3(t, e, http.MethodGet, "/"+demoBucket, ""); strings.Contains(objects, "<Key>") {
				t.Errorf("something was left in the state bucket: %s", objects)
			}
		})
	}
}

// executables is a folder whose files run, for programs that a test puts before the real ones.
func (f folder) executables(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(f.dir, "path")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNoStateBucket(t *testing.T) {
	f := demoFolder(t, startAWS(t), "")
	run(t, f.agentteamCommand(t.Context(), "plan", "demo"), "").want(t, 1, "does not exist", "agentteam bootstrap")
}

func TestBusyPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	f := newFolder(t, "true")
	run(t, f.agentteamCommand(t.Context(), "up", fmt.Sprintf("--port=%d", port)), "").
		want(t, 1, fmt.Sprintf("port %d on 127.0.0.1 is in use by process %d", port, os.Getpid()), "choose another port")
	run(t, f.agentteamCommand(t.Context(), "status"), "").want(t, 0, "not running")
}
