package fastsynth

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// install returns the preload's path, writing it at its first use. It lies in the user's own cache folder, since Node
// runs whatever it finds there and a shared temporary folder is open to others; it stays, since a kernel may start
// another Node at any time. Its name holds its hash, so that two versions of the app never share a file.
func install() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for the Node preload: %w", err)
	}
	folder := filepath.Join(cache, "agentteam")
	file := filepath.Join(folder, fmt.Sprintf("jsii-preload-%x.cjs", sha256.Sum256(preload)))
	if found, err := os.ReadFile(file); err == nil && bytes.Equal(found, preload) {
		return file, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the Node preload: %w", err)
	}
	if err := writeAtomically(file, preload); err != nil {
		return "", fmt.Errorf("write the Node preload: %w", err)
	}
	return file, nil
}

// writeAtomically writes beside the file and renames, so that a process that starts meanwhile never reads half of it.
func writeAtomically(file string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // fails once renamed, as it should
	if _, err := temporary.Write(content); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
