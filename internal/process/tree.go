package process

import (
	"strings"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"
)

// Descendants are the processes of that program which a process started, directly or not, whatever group they
// are in: one on a pseudo-terminal leads a session of its own, which a signal to the group does not reach.
func Descendants(pid int, program string) []int {
	p, err := psprocess.NewProcess(int32(pid))
	if err != nil {
		return nil // gone, and its children have another parent
	}
	children, err := p.Children()
	if err != nil {
		return nil
	}
	var found []int
	for _, child := range children {
		if name, err := child.Name(); err == nil && name == program {
			found = append(found, int(child.Pid))
		}
		found = append(found, Descendants(int(child.Pid), program)...)
	}
	return found
}

// WaitEnded returns true once none of the processes runs, and false after the limit.
func WaitEnded(pids []int, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for _, pid := range pids {
		for running(pid) {
			if time.Now().After(deadline) {
				return false
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return true
}

// running is false for a zombie: it has ended, and only its parent is slow to notice.
func running(pid int) bool {
	p, err := psprocess.NewProcess(int32(pid))
	if err != nil {
		return false
	}
	status, err := p.Status()
	return err == nil && len(status) > 0 && status[0] != psprocess.Zombie
}

// CommandLine is what a process was started with, and empty for one that is gone.
func CommandLine(pid int) string {
	p, err := psprocess.NewProcess(int32(pid))
	if err != nil {
		return ""
	}
	line, err := p.Cmdline()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}
