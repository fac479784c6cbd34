package process

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// guardScript reads process groups until this process ends, even by SIGKILL, and then ends those groups. A shell in a
// session of its own survives what ends its parent.
const guardScript = `
groups=
while read -r group; do groups="$groups $group"; done
send() { for group in $groups; do kill -s "$1" -- "-$group" 2>/dev/null; done; }
gone() {
  waits=0
  while [ "$waits" -lt 20 ]; do
    alive=
    for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=1; done
    [ -z "$alive" ] && return 0
    sleep 0.1; waits=$((waits + 1))
  done
  return 1
}
send TERM; gone && exit 0
send KILL; gone
exit 0
`

// Guard leaves no process behind when this process is killed.
type Guard struct {
	command *exec.Cmd
	pipe    io.WriteCloser
}

// StartGuard starts a guard that watches nothing yet.
func StartGuard() (*Guard, error) {
	cmd := exec.Command("/bin/sh", "-c", guardScript) //nolint:noctx // it has to outlive whatever ends us
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the shell that ends what is left: %w", err)
	}
	return &Guard{command: cmd, pipe: pipe}, nil
}

// Watch adds a process group.
func (g *Guard) Watch(group int) error {
	_, err := fmt.Fprintln(g.pipe, group)
	return err
}

// Dismiss returns when the guard is gone, and so is what it watched.
func (g *Guard) Dismiss() error {
	if err := g.pipe.Close(); err != nil {
		return err
	}
	return g.command.Wait()
}
