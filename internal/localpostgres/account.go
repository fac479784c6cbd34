package localpostgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is whom the server runs as; nil is the user of this process. PostgreSQL refuses to run as root.
type account struct {
	name     string
	uid, gid uint32
}

func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody: add one, or start this as another user")
}

// String is for the key of what an account may read.
func (a *account) String() string {
	if a == nil {
		return ""
	}
	return a.name
}

func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// prepare makes the command run as the account, in a session of its own: a terminal's Ctrl-C is for whoever uses the
// server, and would end it too early. The environment is empty but for what it needs: PG… variables would change what it does.
func (a *account) prepare(cmd *exec.Cmd, dir string) *exec.Cmd {
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// hint explains the usual cause of a refusal when somebody starts this as root.
func (a *account) hint(dir string) string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf("\nIt runs as %s, because PostgreSQL refuses root: that user must be able to enter %s and every folder above it", a.name, dir)
}
