package main

import (
	"os/exec"
	"testing"
)

// A shell that starts Node stands for the app: the figures of both must not mix.
func TestWatchTellsTheProgramFromItsDescendants(t *testing.T) {
	const mebibyte = 1 << 20
	const allocate = `const held = Buffer.alloc(100 * 1024 * 1024, 1); setTimeout(() => held.length, 200)`
	cmd := exec.Command("sh", "-c", `node -e "$1"; exit 0`, "sh", allocate)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := watch(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	got := peak()
	if got.program < mebibyte/2 || got.program > 20*mebibyte {
		t.Errorf("peak of the shell = %d MiB, want a few", got.program/mebibyte)
	}
	if got.node < 100*mebibyte || got.node > 250*mebibyte {
		t.Errorf("peak of Node = %d MiB, want its 100 and what Node itself takes", got.node/mebibyte)
	}
}
