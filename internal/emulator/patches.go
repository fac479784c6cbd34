package emulator

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed patches/*.py
var patches embed.FS

// writePatches puts the server's own Python modules on disk and returns their folder, which python can run.
func writePatches(dir string) (string, error) {
	err := fs.WalkDir(patches, "patches", func(path string, entry fs.DirEntry, err error) error {
		target := filepath.Join(dir, path)
		if err != nil || entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		source, err := patches.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, source, 0o644)
	})
	if err != nil {
		return "", fmt.Errorf("write the emulator's patches: %w", err)
	}
	return filepath.Join(dir, "patches"), nil
}
