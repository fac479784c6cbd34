package servicetest

import (
	"debug/buildinfo"
	"path/filepath"
	"testing"
)

// ExpectVersion demands that the program tells which build it is: what the toolchain wrote into the binary.
func ExpectVersion(t *testing.T, binary string) {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, exit := Run(t, nil, binary, "--version")
	if want := filepath.Base(info.Path) + " version " + info.Main.Version + "\n"; stdout != want || stderr != "" || exit != 0 {
		t.Errorf("--version: exit %d, %q, %q; want %q", exit, stdout, stderr, want)
	}
}
