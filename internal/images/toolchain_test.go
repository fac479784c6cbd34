package images

import (
	"strings"
	"testing"
)

func TestCompilerIsTheToolchainOfTheModule(t *testing.T) {
	root := t.TempDir()
	write(t, root, "go.mod", "module m\n\ngo 1.26.0\n\ntoolchain go1.26.3\n")
	if got, err := compiler(root); err != nil || got != "go1.26.3" {
		t.Errorf("got %q, %v", got, err)
	}
	write(t, root, "go.mod", "module m\n\ngo 1.26.0\n")
	if _, err := compiler(root); err == nil || !strings.Contains(err.Error(), "go mod edit -toolchain=") {
		t.Errorf("without a toolchain: %v", err)
	}
	if got, err := compiler("../.."); err != nil || !strings.HasPrefix(got, "go1.") {
		t.Errorf("this module: %q, %v", got, err)
	}
}
