package localpostgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// copyEmpty copies data that initdb made once: a copy takes a tenth of the time, and every test process needs one.
func (s *Server) copyEmpty(ctx context.Context) error {
	kept, err := s.empty(ctx)
	if errors.Is(err, errNoCache) {
		s.password = rand.Text()
		return s.initdb(ctx, s.data(), filepath.Join(s.home, "password"))
	}
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(kept, "password"))
	if err != nil {
		return err
	}
	s.password = strings.TrimSpace(string(content))
	//nolint:gosec // our own folders
	cmd := s.account.prepare(exec.CommandContext(ctx, "cp", "-Rp", filepath.Join(kept, "data"), s.data()), s.run)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s: %w\n%s%s", kept, err, strings.TrimSpace(string(out)), s.account.hint(kept))
	}
	return nil
}

// errNoCache: there is no folder that outlives this process, so nothing is kept in one.
var errNoCache = errors.New("no folder to keep empty data in")

// empty is the folder with the data, of these binaries and these arguments, and the password of their superuser.
func (s *Server) empty(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", errNoCache
	}
	key := sha256.Sum256([]byte(strings.Join(append(initdbArguments(), s.binaries.dir, s.binaries.version, s.account.String()), "\n")))
	place := filepath.Join(cache, fmt.Sprintf("empty-postgres-%.6x", key))
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // the account that the server runs as reads it
		return "", errNoCache
	}
	fresh, err := os.MkdirTemp(cache, ".initializing-*")
	if err != nil {
		return "", errNoCache
	}
	defer os.RemoveAll(fresh)
	s.password = rand.Text()
	if err := errors.Join(s.account.own(fresh), s.initdb(ctx, filepath.Join(fresh, "data"), filepath.Join(fresh, "password"))); err != nil {
		return "", err
	}
	// Another process may have been faster; its data are as empty.
	if err := os.Rename(fresh, place); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return place, nil
}
