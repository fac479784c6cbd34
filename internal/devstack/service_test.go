package devstack

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

// bare is a stack without any part but its guard.
func bare(t *testing.T) *Stack {
	t.Helper()
	s := &Stack{options: Options{Dir: t.TempDir(), Out: t.Output()}, ended: make(chan error, 1)}
	if err := s.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // the test has looked at what matters
	return s
}

func (s *Stack) script(t *testing.T, name, text string) *Service {
	t.Helper()
	service, err := s.run(name, "/bin/sh", nil, "-c", text)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func TestACrashIsToldWithItsLastLines(t *testing.T) {
	s := bare(t)
	s.script(t, "steady", "sleep 60")
	s.script(t, "broken", "i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; echo panic: no luck >&2; exit 3")
	select {
	case err := <-s.Ended():
		text := err.Error()
		for _, want := range []string{"broken ended by itself (exit status 3)", "broken.log ends with", "  line 99\n  panic: no luck"} {
			if !strings.Contains(text, want) {
				t.Errorf("the error lacks %q:\n%s", want, text)
			}
		}
		if strings.Contains(text, "line 10\n") {
			t.Errorf("the error has more than the last lines:\n%s", text)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody told")
	}
}

func TestWaitingForReadinessEndsWithTheProcess(t *testing.T) {
	s := bare(t)
	never := func(context.Context) error { return errors.New("not yet") }
	began := time.Now()
	err := s.script(t, "broken", "echo cannot serve; exit 1").awaitReady(t.Context(), never)
	if err == nil || !strings.Contains(err.Error(), "cannot serve") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = s.script(t, "slow", "echo thinking; sleep 60").awaitReady(ctx, never)
	if err == nil || !strings.Contains(err.Error(), "slow is not ready") || !strings.Contains(err.Error(), "thinking") {
		t.Errorf("got %v", err)
	}
}

func TestStopGoesBackwardsAndTellsNobodyOfACrash(t *testing.T) {
	s := bare(t)
	var order []string
	note := func(name string) func() error {
		return func() error {
			order = append(order, name)
			return nil
		}
	}
	s.started("first", note("first"))
	service := s.script(t, "service", "trap 'exit 0' TERM; while :; do sleep 0.01; done")
	s.started("last", note("last"))
	time.Sleep(100 * time.Millisecond) // for the trap
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if strings.Join(order, " ") != "last first" || process.Alive(service.command.Process.Pid) {
		t.Errorf("stopped %v", order)
	}
	select {
	case err := <-s.Ended():
		t.Errorf("stopping counts as a crash: %v", err)
	default:
	}
	if err := s.Stop(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestKillEndsWhatDoesNotWantTo(t *testing.T) {
	s := bare(t)
	s.script(t, "deaf", "trap '' TERM; while :; do sleep 0.01; done")
	time.Sleep(100 * time.Millisecond) // for the trap
	began := time.Now()
	time.AfterFunc(200*time.Millisecond, s.Kill)
	if err := s.Stop(); err != nil {
		t.Errorf("a kill that was asked for is no fault, got %v", err)
	}
	if took := time.Since(began); took > stopGrace/2 {
		t.Errorf("the stop took %v", took)
	}
}
