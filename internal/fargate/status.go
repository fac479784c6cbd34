package fargate

import (
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

// Status is a service and its tasks as they are now.
type Status struct {
	Service    string
	Desired    int
	Deployment string
	Steady     bool   // every desired task of the newest deployment serves, and no other runs
	Failures   int    // tasks of the newest deployment that failed in a row
	Failure    string `json:",omitempty"` // of the last one, with the last lines of its log
	Tasks      []TaskStatus
}

// TaskStatus is one of them.
type TaskStatus struct {
	ID         string
	Definition string // family:revision
	Deployment string
	Address    netip.Addr
	Stage      Stage
	Health     Health
	Serving    bool
	PID        int // on this machine
	Started    time.Time
	Log        string
	Reason     string `json:",omitempty"`
}

// Status describes all services, in the order of their names.
func (a *Agent) Status() []Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]Status, 0, len(a.services))
	for _, name := range slices.Sorted(maps.Keys(a.services)) {
		all = append(all, a.status(a.services[name]))
	}
	return all
}

func (a *Agent) status(k *keeper) Status {
	s := Status{Service: k.service.Name, Desired: k.service.Desired, Deployment: k.service.Deployment, Failures: k.failures, Failure: k.failure}
	serving, others := 0, 0
	for _, t := range k.tasks {
		now := t.status()
		now.Serving = now.Stage == Running && now.Health == Healthy && a.network.Serving(t.service, now.Address)
		s.Tasks = append(s.Tasks, now)
		switch {
		case now.Deployment == s.Deployment && now.Serving:
			serving++
		case now.Stage == Provisioning || now.Stage == Running:
			others++
		}
	}
	s.Steady = serving == s.Desired && others == 0
	return s
}

func (t *task) status() TaskStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return TaskStatus{ID: t.id, Definition: t.definition.Name(), Deployment: t.service.Deployment, Address: t.address,
		Stage: t.stage, Health: t.health, PID: t.pid, Started: t.started, Log: t.log, Reason: t.reason}
}

const (
	lastLines = 12
	maxLine   = 500
)

// tail is the end of a log, for an error.
func tail(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	lines = lines[max(0, len(lines)-lastLines):]
	for i, line := range lines {
		lines[i] = "  " + line[:min(len(line), maxLine)]
	}
	return strings.Join(lines, "\n")
}
