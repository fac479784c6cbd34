// Package sandbox pulls images and runs their programs on this machine as a container would: in the image's own files,
// as the given user, with exactly the given environment, below an init process and a memory limit. It needs Linux with
// bubblewrap (bwrap), no Docker and no root; the network is the machine's own.
//
// What differs from a container: files belong to whoever pulled them, so ReadOnly alone keeps a program from changing
// them; and a program above its memory limit gets no more instead of being killed, which ends a Go program
// with status 2 and "out of memory". The limit is RLIMIT_DATA, which works for every user on every
// Linux, where a writable cgroup is rare. It counts what a process has mapped to write, and each process by itself.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// Check says what this machine lacks to run a sandbox.
func Check(ctx context.Context) error {
	bwrap, err := find("bwrap", "bubblewrap")
	if err != nil {
		return err
	}
	if _, err := find("prlimit", "util-linux"); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, bwrap, "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--", "true").CombinedOutput()
	if err != nil {
		return fmt.Errorf("bwrap cannot make a sandbox: %w: %s; the kernel must allow user namespaces (sysctl user.max_user_namespaces, "+
			"kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns)", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// find gives a program's absolute path, or the package that has it.
func find(program, debian string) (string, error) {
	if runtime.GOOS != "linux" {
		return "", errors.New("images run on Linux alone: use a Linux machine, or a virtual one")
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is not on the PATH: install %s (apt-get install %s)", program, debian, debian)
	}
	return path, nil
}
