package service_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/service"
)

// server records when each step of its life was taken, in virtual time since its start.
type server struct {
	start   time.Time
	steps   []string
	stopped chan struct{}
}

func newServer() *server { return &server{start: time.Now(), stopped: make(chan struct{})} }

func (s *server) step(name string) {
	s.steps = append(s.steps, name+" "+time.Since(s.start).String())
}

func (s *server) lifecycle(work time.Duration) service.Lifecycle {
	return service.Lifecycle{
		Serve:    func() error { <-s.stopped; return nil },
		Announce: func() { s.step("announce") },
		Stop: func(ctx context.Context) error {
			s.step("stop")
			defer close(s.stopped)
			select {
			case <-time.After(work):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		Delay: 5 * time.Second,
		Log:   slog.New(slog.DiscardHandler),
	}
}

func TestRunAnnouncesThenWaitsThenStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := newServer()
		if err := s.lifecycle(2 * time.Second).Run(ctx); err != nil {
			t.Error(err)
		}
		s.step("end")
		if want := []string{"announce 1s", "stop 6s", "end 8s"}; !slices.Equal(s.steps, want) {
			t.Errorf("got %v, want %v", s.steps, want)
		}
	})
}

func TestRunCutsWorkBeforeTheContainerIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := newServer()
		err := s.lifecycle(time.Hour).Run(ctx)
		if err == nil || !strings.Contains(err.Error(), "work in flight was cut after 55s") {
			t.Errorf("want the cut in the error, got %v", err)
		}
		if took := time.Since(s.start); took >= contract.StopTimeoutSeconds*time.Second {
			t.Errorf("the drain took %v, ECS kills after %d s", took, contract.StopTimeoutSeconds)
		}
	})
}

func TestRunReportsAServerThatBreaks(t *testing.T) {
	lifecycle := newServer().lifecycle(0)
	lifecycle.Serve = func() error { return errors.New("accept: too many open files") }
	err := lifecycle.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stopped by itself: accept: too many open files") {
		t.Errorf("got %v", err)
	}
}

func TestListenNamesABusyAddress(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	first, err := service.Listen(t.Context(), "127.0.0.1:0", log)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	address := first.Addr().(*net.TCPAddr).String()
	_, err = service.Listen(t.Context(), address, log)
	if err == nil || !strings.Contains(err.Error(), "cannot serve on "+address) || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("got %v", err)
	}
}
