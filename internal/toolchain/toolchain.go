// Package toolchain finds the programs that a deployment needs and installs, in versions pinned here, those
// that are missing. Nothing is installed system-wide: everything lands in one folder that can be deleted.
package toolchain

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Tools is the folder of installed programs and where to report an installation.
type Tools struct {
	Dir string
	Out io.Writer // a line for each installation: they take from seconds to a minute
}

// Default keeps the tools in the user's cache, so every checkout shares them.
func Default(out io.Writer) (Tools, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Tools{}, fmt.Errorf("find a folder for tools: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return Tools{Dir: filepath.Join(cache, "agentteam", "tools"), Out: out}, nil
}

// install fills a fresh folder and then moves it to its place at once, so an interrupted
// installation is never taken for a tool. A folder that exists is used as it is.
func (t Tools) install(name string, fill func(dir string) error) (string, error) {
	place := filepath.Join(t.Dir, name)
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	if err := os.MkdirAll(t.Dir, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(t.Dir, ".installing-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	fmt.Fprintf(t.Out, "installing %s into %s\n", name, t.Dir)
	if err := fill(fresh); err != nil {
		return "", err
	}
	// Another process may have been faster; its installation is as good.
	if err := os.Rename(fresh, place); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return place, nil
}
