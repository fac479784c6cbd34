package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lookAgain = 200 * time.Millisecond

// workFolder is a folder that one build has for itself. The lock goes with the process, however that ends, and what a killed
// build left goes when the next one begins.
type workFolder struct {
	dir  string
	lock *os.File
}

// enter waits for a build that has the folder.
func enter(ctx context.Context, dir string, out io.Writer) (*workFolder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	f := &workFolder{dir, lock}
	if err := f.await(ctx, out); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := f.clear(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return f, nil
}

func (f *workFolder) await(ctx context.Context, out io.Writer) error {
	for said := false; ; said = true {
		err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if !said {
			fmt.Fprintf(out, "waiting for another build in %s\n", f.dir)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

func (f *workFolder) clear() error {
	entries, err := os.ReadDir(f.dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(f.dir, entry.Name())))
	}
	return err
}

// leave empties the folder for the next build.
func (f *workFolder) leave() error { return errors.Join(f.clear(), f.lock.Close()) }

// make makes a folder in it.
func (f *workFolder) make(name string) (string, error) {
	dir := filepath.Join(f.dir, name)
	return dir, os.Mkdir(dir, 0o750)
}
