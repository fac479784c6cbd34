package telemetry

import "sync"

// mostNames is how many values a label takes that documents choose. Each is a time series for the life of the process.
const mostNames = 50

// names admits the first few names that it meets; the others are all called "other".
type names struct {
	mu    sync.Mutex
	known map[string]bool
	most  int
}

func newNames(most int) *names { return &names{known: map[string]bool{}, most: most} }

func (n *names) admit(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.known[name] {
		if len(n.known) >= n.most {
			return "other"
		}
		n.known[name] = true
	}
	return name
}
