package process_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// The race detector sees a reader that is not kept apart from the writer.
func TestOutputIsReadWhileAProgramWrites(t *testing.T) {
	var output process.Output
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "echo out; echo err >&2; read -r line; echo $line")
	cmd.Stdout, cmd.Stderr = &output, &output
	pipe, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); output.String() != "out\nerr\n"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the output of a program that runs is %q", output.String())
		}
	}
	if _, err := pipe.Write([]byte("end\n")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.HasSuffix(output.String(), "\nend\n") {
		t.Errorf("the whole output is %q: %v", output.String(), err)
	}
}
