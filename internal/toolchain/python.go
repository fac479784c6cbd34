package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

const moto = "5.2.1" // the emulator's patches are written against this version

// motoVersion fails where a part of the server is missing, not only the package itself.
const motoVersion = "import moto, moto.server; print(moto.__version__)"

// Python returns an interpreter that can run moto's server: the one on the PATH when it has the pinned
// version, else one with a private environment into which pip installs it.
func (t Tools) Python(ctx context.Context) (string, error) {
	base, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("python3 is not on the PATH: install Python 3.10 or later, with its venv module")
	}
	if hasMoto(ctx, base) {
		return base, nil
	}
	if err := exec.CommandContext(ctx, base, "-c", "import sys; sys.exit(sys.version_info < (3, 10))").Run(); err != nil {
		return "", fmt.Errorf("%s is older than 3.10, which moto %s needs: upgrade Python", base, moto)
	}
	place, err := t.install("moto-"+moto, func(dir string) error { return installMoto(ctx, base, dir) })
	if err != nil {
		return "", fmt.Errorf("the AWS emulator needs the Python package moto %s: %w", moto, err)
	}
	return interpreter(place), nil
}

func hasMoto(ctx context.Context, python string) bool {
	out, err := exec.CommandContext(ctx, python, "-c", motoVersion).Output()
	return err == nil && strings.TrimSpace(string(out)) == moto
}

func installMoto(ctx context.Context, base, dir string) error {
	if err := runIn(ctx, dir, base, "-m", "venv", dir); err != nil {
		return fmt.Errorf("%w\ninstall Python's venv module (python3-venv on Debian)", err)
	}
	requirement := "moto[server]==" + moto
	if err := runIn(ctx, dir, interpreter(dir), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement); err != nil {
		return fmt.Errorf("%w\npip must reach a package index (PIP_INDEX_URL names one), or install '%s' for %s by hand", err, requirement, base)
	}
	return nil
}

func interpreter(environment string) string { return filepath.Join(environment, "bin", "python3") }
