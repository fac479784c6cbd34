// Package servicetest builds and runs the services' real binaries for tests, as processes on free ports.
package servicetest

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Build compiles a main package as the images do, without cgo, and gives the binary's path.
func Build(t *testing.T, importPath string) string {
	t.Helper()
	Imports(t, importPath)
	binary := filepath.Join(t.TempDir(), path.Base(importPath))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, importPath)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", importPath, err, output)
	}
	return binary
}

// Imports lists the import paths of all packages in a binary. It reads this module's folders among them
// itself: go test sees that, and does not repeat an old result from its cache after one has changed.
func Imports(t *testing.T, importPath string) []string {
	t.Helper()
	const format = "{{.ImportPath}}\t{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}"
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, importPath).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", importPath, err)
	}
	var imports []string
	for line := range strings.Lines(string(output)) {
		imported, folder, _ := strings.Cut(strings.TrimSpace(line), "\t")
		imports = append(imports, imported)
		if folder == "" {
			continue
		}
		if _, err := os.ReadDir(folder); err != nil {
			t.Fatal(err)
		}
	}
	return imports
}
