package fargate

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Agent keeps the tasks of all services, and runs those of none.
type Agent struct {
	reader   *Reader
	reporter *Reporter
	machine  Machine
	network  Network
	logs     string
	complain func(error)
	notify   func()          // something is to be seen in Status
	draining context.Context //nolint:containedctx // the tasks' own, not a caller's
	hurry    context.CancelFunc

	mu         sync.Mutex
	services   map[string]*keeper
	standalone map[string]context.CancelFunc // by ARN: every one that was ever begun
	lives      sync.WaitGroup
}

// Options are what an agent works with.
type Options struct {
	Reader   *Reader
	Reporter *Reporter
	Machine  Machine
	Network  Network
	Logs     string      // receives a file for each task
	Complain func(error) // is called when the AWS API cannot be told something, from any goroutine
	Notify   func()      // is called when Status has changed, from any goroutine
}

// keeper is a service with its tasks.
type keeper struct {
	service  Service
	tasks    []*task // in the order of their start
	failures int     // of tasks that were never healthy, in a row
	failure  string  // of the last one
	pause    time.Time
}

// NewAgent makes an agent that runs nothing yet.
func NewAgent(o Options) *Agent {
	draining, hurry := context.WithCancel(context.Background())
	return &Agent{reader: o.Reader, reporter: o.Reporter, machine: o.Machine, network: o.Network, logs: o.Logs, complain: o.Complain, notify: o.Notify,
		draining: draining, hurry: hurry, services: map[string]*keeper{}, standalone: map[string]context.CancelFunc{}}
}

// Converge starts and stops what these services want different from now. It does not wait for it; a service that is not
// among them loses its tasks.
func (a *Agent) Converge(ctx context.Context, services []Service) error {
	wanted := map[string]bool{}
	for _, s := range services {
		wanted[s.Name] = true
		d, err := a.reader.Definition(ctx, s.Definition)
		if err != nil {
			return err
		}
		a.converge(s, d)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, k := range a.services {
		if wanted[name] {
			continue
		}
		k.bury()
		for _, t := range k.tasks {
			t.askToStop()
		}
		if len(k.tasks) == 0 {
			delete(a.services, name)
		}
	}
	return nil
}

const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// bury takes the tasks that have ended out. Each of the newest deployment that failed makes the pause before the next
// start longer; one that was healthy, shorter.
func (k *keeper) bury() {
	k.tasks = slices.DeleteFunc(k.tasks, func(t *task) bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.service.Deployment == k.service.Deployment {
			switch {
			case t.health == Healthy:
				k.failures = 0
			case t.stage == Stopped && t.reason != "":
				k.failures++
				k.pause = time.Now().Add(min(longestPause, firstPause<<min(k.failures, 10)))
			}
			if t.stage == Stopped && t.reason != "" {
				k.failure = t.reason
			}
		}
		return t.stage == Stopped
	})
}

// Stop ends all tasks, without waiting for requests that the load balancer has under way, and returns when they are gone.
func (a *Agent) Stop() {
	a.hurry()
	a.mu.Lock()
	for _, k := range a.services {
		for _, t := range k.tasks {
			t.askToStop()
		}
	}
	a.mu.Unlock()
	a.lives.Wait()
}

func (a *Agent) changed() { a.notify() }

func (a *Agent) converge(s Service, d Definition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.services[s.Name]
	if k == nil {
		k = &keeper{}
		a.services[s.Name] = k
	}
	if k.service.Deployment != s.Deployment {
		k.failures, k.failure, k.pause = 0, "", time.Time{}
	}
	k.service = s
	k.bury()
	start, stop := plan(s, a.view(k))
	for _, t := range k.tasks {
		if slices.Contains(stop, t.id) {
			t.askToStop()
		}
	}
	if time.Now().Before(k.pause) {
		return
	}
	for range start {
		k.tasks = append(k.tasks, a.start(s, d))
	}
}

func (a *Agent) start(s Service, d Definition) *task {
	id := newID()
	t := &task{id: id, service: s, definition: d, agent: a, started: time.Now(), stop: make(chan struct{}),
		stage: Provisioning, health: Unknown, log: filepath.Join(a.logs, d.Container.Name+"-"+id+".log")}
	a.lives.Go(func() { t.run(context.WithoutCancel(a.draining)) })
	return t
}

// view is what plan sees: the tasks that were not asked to end.
func (a *Agent) view(k *keeper) (tasks []running) {
	for _, t := range k.tasks {
		select {
		case <-t.stop:
			continue
		default:
		}
		t.mu.Lock()
		healthy, hopeless, address := t.known && t.health == Healthy, t.health == Unhealthy, t.address
		t.mu.Unlock()
		tasks = append(tasks, running{
			id: t.id, current: t.service.Deployment == k.service.Deployment, hopeless: hopeless,
			serving: healthy && a.network.Serving(t.service, address),
		})
	}
	return tasks
}
