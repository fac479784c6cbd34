package sandbox

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// Spec is a program and its surroundings.
type Spec struct {
	Root     string   // the folder it sees as /
	Command  []string // the program's path in that folder, and its arguments
	Env      []string // NAME=value; nothing else but PWD is in its environment
	Dir      string   // to start in; empty is /
	User     int      // user and group it sees itself as
	ReadOnly bool     // nothing below / can be changed, but /dev and /proc as ever
	Files    []File   // of this machine, in addition
	Memory   int64    // bytes that each of its processes may have; 0 sets no limit

	Stdout, Stderr io.Writer // nil discards
}

// File is a file or folder of this machine that the program sees and cannot change. It sees changes of
// the content, but not another file that is renamed to Source: mount the folder where that happens.
type File struct {
	Source string // on this machine
	Path   string // in the sandbox; made when the image lacks it
}

// Validate names what cannot be run.
func (s Spec) Validate() error {
	var faults []error
	fault := func(format string, values ...any) { faults = append(faults, fmt.Errorf("sandbox: "+format, values...)) }
	if !filepath.IsAbs(s.Root) {
		fault("the root must be an absolute path, got %q", s.Root)
	}
	if len(s.Command) == 0 || s.Command[0] == "" {
		fault("there is no command: the image has no entry point, so one must be given")
	}
	if s.User < 0 {
		fault("the user must be a number from 0, got %d", s.User)
	}
	if s.Memory < 0 {
		fault("the memory limit must be 0 bytes or more, got %d", s.Memory)
	}
	for _, variable := range s.Env {
		if name, _, found := strings.Cut(variable, "="); !found || name == "" {
			fault("a variable must be NAME=value, got one that starts with %q", name) // its value may be a secret
		}
	}
	for _, f := range s.Files {
		if !filepath.IsAbs(f.Source) || !filepath.IsAbs(f.Path) {
			fault("a file must have absolute paths, got %q for %q", f.Source, f.Path)
		}
	}
	return errors.Join(faults...)
}

// arguments are bwrap's own, without the command. They hold the environment, so they must not stand in a
// command line, which every user of the machine can read.
func (s Spec) arguments() []string {
	user := strconv.Itoa(s.User)
	list := []string{
		"--unshare-user", "--uid", user, "--gid", user, "--cap-drop", "ALL",
		"--unshare-pid", "--unshare-ipc", "--unshare-uts",
		"--die-with-parent", "--new-session",
		"--bind", s.Root, "/", "--proc", "/proc", "--dev", "/dev",
	}
	for _, f := range s.Files {
		list = append(list, "--ro-bind", f.Source, f.Path)
	}
	if s.ReadOnly {
		list = append(list, "--remount-ro", "/") // after the mounts, whose places may have to be made
	}
	list = append(list, "--chdir", filepath.Join("/", s.Dir), "--clearenv")
	for _, variable := range s.Env {
		name, value, _ := strings.Cut(variable, "=")
		list = append(list, "--setenv", name, value)
	}
	return list
}
