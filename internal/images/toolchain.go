package images

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// compiler is the version of Go that go.mod names, such as go1.26.8. Another one makes other programs of the same commit, and
// so images with another digest under the same tag.
func compiler(root string) (string, error) {
	file := filepath.Join(root, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	module, err := modfile.Parse(file, text, nil)
	if err != nil {
		return "", err
	}
	if module.Toolchain == nil {
		return "", fmt.Errorf("%s must name the version of Go that builds the images: go mod edit -toolchain=go1.26.8", file)
	}
	return module.Toolchain.Name, nil
}
