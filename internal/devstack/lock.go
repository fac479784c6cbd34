package devstack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Lock keeps a folder to one process. The system releases it with the process, however that ends.
type Lock struct{ file *os.File }

// Acquire takes the folder, or says who has it.
func Acquire(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		defer file.Close()
		holder, _ := io.ReadAll(io.LimitReader(file, 1000)) // without it the message is shorter
		return nil, fmt.Errorf("another one runs with %s already: %s; stop it there with Ctrl-C", dir, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	l := &Lock{file}
	return l, l.Describe(fmt.Sprintf("process %d", os.Getpid()))
}

// Describe is what others are told who want the folder too.
func (l *Lock) Describe(text string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(text+"\n"), 0)
	return err
}

// Release lets others have the folder.
func (l *Lock) Release() error { return l.file.Close() }
