package localpostgres

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// guardScript reads the server's process id, or an empty line when it has ended, until this process
// closes the pipe or ends, even by SIGKILL. Then it ends the server and removes the folder. A shell does it because
// whatever shares this process dies with it, and because Linux alone could signal a child of a dead parent.
const guardScript = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -s "$1" "$pid" 2>/dev/null; then
  waits=0
  while kill -0 "$pid" 2>/dev/null && [ "$waits" -lt 100 ]; do sleep 0.05; waits=$((waits + 1)); done
fi
rm -rf "$2"
`

const guardPatience = 15 * time.Second

// guard is the shell that cleans up.
type guard struct {
	command *exec.Cmd
	pipe    io.WriteCloser
}

func startGuard(a *account, folder string, end syscall.Signal) (*guard, error) {
	name := "INT"
	if end == syscall.SIGQUIT {
		name = "QUIT"
	}
	//nolint:noctx // it outlives the start's context
	cmd := a.prepare(exec.Command("/bin/sh", "-c", guardScript, "localpostgres", name, folder), "/")
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the shell that cleans up: %w", err)
	}
	return &guard{command: cmd, pipe: pipe}, nil
}

func (g *guard) watch(pid int) error {
	_, err := fmt.Fprintln(g.pipe, pid)
	return err
}

func (g *guard) forget() error {
	_, err := fmt.Fprintln(g.pipe)
	return err
}

// dismiss returns when the guard has cleaned up.
func (g *guard) dismiss() error {
	late := time.AfterFunc(guardPatience, func() { _ = g.command.Process.Kill() })
	defer late.Stop()
	if err := g.pipe.Close(); err != nil {
		return err
	}
	if err := g.command.Wait(); err != nil {
		return fmt.Errorf("clean up after PostgreSQL: %w", err)
	}
	return nil
}
