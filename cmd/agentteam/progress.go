package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

const progressInterval = 10 * time.Second

// progress remembers the last line written to it and reports it while a long command runs.
type progress struct {
	title string
	out   io.Writer
	start time.Time

	mu      sync.Mutex
	partial []byte
	last    string
}

func newProgress(out io.Writer, title string) *progress {
	return &progress{title: title, out: out, start: time.Now()}
}

// Write keeps whole lines only; it never fails, so that it cannot stop the command it watches.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.partial = append(p.partial, text...)
	for {
		line, rest, found := bytes.Cut(p.partial, []byte("\n"))
		if !found {
			return len(text), nil
		}
		p.partial = rest
		if cleaned := p.clean(string(line)); cleaned != "" {
			p.last = cleaned
		}
	}
}

// clean drops color codes and the stack's name, with which cdktf begins its lines.
func (p *progress) clean(line string) string {
	line = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`).ReplaceAllString(line, "")
	line = strings.TrimSpace(line)
	return strings.TrimSpace(strings.TrimPrefix(line, p.title+" "))
}

// report prints a line every interval until done is closed.
func (p *progress) report(done <-chan struct{}) {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.printf("%s", p.last)
			p.mu.Unlock()
		}
	}
}

func (p *progress) printf(format string, args ...any) {
	elapsed := time.Since(p.start).Round(time.Second)
	fmt.Fprintf(p.out, "  %-12s %5s  %s\n", p.title, elapsed, fmt.Sprintf(format, args...))
}
