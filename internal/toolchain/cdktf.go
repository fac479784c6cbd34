package toolchain

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/agentteam/agentteam/internal/process"
)

const nodeMinimum = "18.0.0"

//go:embed cdktf/package.json
var cdktfPackage []byte

//go:embed cdktf/package-lock.json
var cdktfLock []byte

// CDKTF installs the cdktf command line as its lock file says, once, and returns its path.
func (t Tools) CDKTF(ctx context.Context) (string, error) {
	if err := checkNode(ctx); err != nil {
		return "", err
	}
	place, err := t.install(fmt.Sprintf("cdktf-%.6x", sha256.Sum256(cdktfLock)), func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "package.json"), cdktfPackage, 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "package-lock.json"), cdktfLock, 0o644); err != nil {
			return err
		}
		return runIn(ctx, dir, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	})
	if err != nil {
		return "", fmt.Errorf("install cdktf-cli: %w\nnpm must reach its registry, and Node.js 18 to 22 needs no compiler", err)
	}
	return filepath.Join(place, "node_modules", ".bin", "cdktf"), nil
}

// checkNode runs before every synth too: jsii is a Node.js program.
func checkNode(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("node does not run: %w; install Node.js %s or later, with npm", err, nodeMinimum)
	}
	found, err := version.NewVersion(strings.TrimSpace(string(out)))
	if err != nil {
		return fmt.Errorf("node --version: %w", err)
	}
	if found.LessThan(version.Must(version.NewVersion(nodeMinimum))) {
		return fmt.Errorf("node is %s, and %s or later is needed: upgrade Node.js", found, nodeMinimum)
	}
	return nil
}

// runIn puts what the command printed into the error: nobody wants an installer's output while it works.
func runIn(ctx context.Context, dir, name string, args ...string) error {
	cmd := process.Command(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
