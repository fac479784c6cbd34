//go:build live

package lifecycle

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// stopwatch says what runs while it runs, and in the end where the time went.
type stopwatch struct {
	start time.Time
	mu    sync.Mutex
	done  []string
}

func newStopwatch(t *testing.T) *stopwatch {
	w := &stopwatch{start: time.Now()}
	t.Cleanup(func() {
		fmt.Fprintf(os.Stderr, "\nWhere the time went, in seconds (three environments at once):\n%s\n", strings.Join(w.done, "\n"))
	})
	return w
}

func (w *stopwatch) phase(stack, what string, do func()) {
	began := time.Now()
	fmt.Fprintf(os.Stderr, "%6.1f s  %-12s %s\n", time.Since(w.start).Seconds(), stack, what)
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.done = append(w.done, fmt.Sprintf("%8.1f  %-12s %s", time.Since(began).Seconds(), stack, what))
	}()
	do()
}
