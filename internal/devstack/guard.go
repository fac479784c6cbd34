package devstack

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
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
waits=0
while [ "$waits" -lt 20 ]; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=1; done
  [ -z "$alive" ] && exit 0
  sleep 0.1; waits=$((waits + 1))
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
`

// guard leaves no service behind when this process is killed.
type guard struct {
	command *exec.Cmd
	pipe    io.WriteCloser
}

func startGuard() (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", guardScript) //nolint:noctx // it has to outlive whatever ends us
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the shell that ends what is left: %w", err)
	}
	return &guard{command: cmd, pipe: pipe}, nil
}

func (g *guard) watch(group int) error {
	_, err := fmt.Fprintln(g.pipe, group)
	return err
}

// dismiss returns when the guard is gone, and so is what it watched.
func (g *guard) dismiss() error {
	if err := g.pipe.Close(); err != nil {
		return err
	}
	return g.command.Wait()
}
