package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// samplingInterval bounds what is missed: growth in the last milliseconds before a process ends.
const samplingInterval = 10 * time.Millisecond

// peaks are resident set sizes in bytes; 0 where the system has no /proc. The operating system's own figure for a tree
// of processes (getrusage) is the largest of all, which would hide Go behind Node.
type peaks struct {
	program int64 // the process itself
	node    int64 // the sum over its descendants: the launcher and the kernel of jsii
}

// watch follows a process and its descendants until the function that it returns is called, which gives their peaks.
func watch(pid int) func() peaks {
	stop, done := make(chan struct{}), make(chan peaks)
	go func() {
		highest := map[int]int64{} // by process: the kernel keeps the high-water mark, so the last reading is the peak
		for {
			record(pid, highest)
			select {
			case <-stop:
				done <- sum(pid, highest)
				return
			case <-time.After(samplingInterval):
			}
		}
	}()
	return func() peaks {
		close(stop)
		return <-done
	}
}

func sum(root int, highest map[int]int64) peaks {
	var p peaks
	for pid, size := range highest {
		if pid == root {
			p.program = size
		} else {
			p.node += size
		}
	}
	return p
}

// record notes the high-water mark of a process and of its descendants. One that has just ended keeps its last reading.
func record(pid int, highest map[int]int64) {
	if size, ok := highWaterMark(pid); ok {
		highest[pid] = size
	}
	for _, child := range children(pid) {
		record(child, highest)
	}
}

// highWaterMark reads VmHWM (man 5 proc), the largest resident set so far. A process that is ending has none.
func highWaterMark(pid int) (int64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	if !found {
		return 0, false
	}
	line, _, _ := strings.Cut(string(rest), "\n")
	kibibytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	return kibibytes << 10, err == nil
}

// children lists a process's children; each of its threads has a list of its own.
func children(pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var pids []int
	for _, list := range lists {
		content, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(content)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
