package toolchain

import (
	"context"
	"errors"
	"os/exec"
)

// CheckBuild says what is missing to build the app and to synthesize with it: Go and Node.js.
func CheckBuild(ctx context.Context) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("go is not on the PATH: install the Go version that go.mod names")
	}
	return checkNode(ctx)
}
