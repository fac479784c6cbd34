package wake_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/agentteam/agentteam/internal/process"
	"github.com/agentteam/agentteam/internal/wake"
)

const patience = 10 * time.Second

// start runs a hub on a Redis until the test ends.
func start(t *testing.T, address string, log io.Writer) *wake.Hub {
	t.Helper()
	logging.Disable() // as the services do: our own log says once what the library says every time
	client := redis.NewClient(&redis.Options{Addr: address, DialTimeout: time.Second, MaxRetries: -1})
	hub := wake.New(client, slog.New(slog.NewTextHandler(log, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		client.Close()
	})
	return hub
}

func woken(t *testing.T, reader <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-reader:
	case <-time.After(patience):
		t.Fatalf("not woken within %v: %s", patience, what)
	}
}

func asleep(t *testing.T, reader <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-reader:
		t.Errorf("woken: %s", what)
	case <-time.After(50 * time.Millisecond):
	}
}

func TestReadersOfThisProcessNeedNoRedis(t *testing.T) {
	hub := wake.New(nil, slog.New(slog.DiscardHandler))
	mine, end := hub.Subscribe("run_1")
	second, endSecond := hub.Subscribe("run_1")
	defer endSecond()
	other, endOther := hub.Subscribe("run_2")
	defer endOther()
	for range 3 {
		hub.Publish("run_1")
	}
	woken(t, mine, "its run")
	woken(t, second, "its run, which another reads too")
	asleep(t, mine, "three hints are one")
	asleep(t, other, "another run")
	end()
	end()
	hub.Publish("run_1")
	asleep(t, mine, "after its end")
}

// connected publishes until the other hub hears: subscriptions take a moment.
func connected(t *testing.T, from *wake.Hub, reader <-chan struct{}) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		from.Publish("run_1")
		select {
		case <-reader:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("the hubs did not find each other within %v", patience)
}

// drain waits until nothing has come for a while.
func drain(reader <-chan struct{}) {
	for {
		select {
		case <-reader:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

func TestHubsWakeEachOtherThroughRedis(t *testing.T) {
	server := miniredis.RunT(t)
	here, there := start(t, server.Addr(), io.Discard), start(t, server.Addr(), io.Discard)
	reader, end := there.Subscribe("run_1")
	defer end()
	connected(t, here, reader)
	own, endOwn := here.Subscribe("run_1")
	defer endOwn()
	drain(reader)
	here.Publish("run_1")
	woken(t, own, "by itself")
	woken(t, reader, "by the other process")
	asleep(t, own, "its own message came back")
}

func TestManyRunsAtOnceAllArrive(t *testing.T) {
	server := miniredis.RunT(t)
	here, there := start(t, server.Addr(), io.Discard), start(t, server.Addr(), io.Discard)
	first, end := there.Subscribe("run_1")
	defer end()
	connected(t, here, first)
	readers := map[string]<-chan struct{}{}
	for i := range 2000 {
		run := "run_" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
		readers[run], _ = there.Subscribe(run)
	}
	for run := range readers {
		here.Publish(run)
	}
	for run, reader := range readers {
		woken(t, reader, run)
	}
}

func TestRedisMayGoAndComeBack(t *testing.T) {
	server := miniredis.RunT(t)
	testOutage(t, server.Addr(), server.Close, func() {
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRealRedisMayGoAndComeBack(t *testing.T) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on the PATH")
	}
	port := freePort(t)
	serve := func() *exec.Cmd {
		server := exec.CommandContext(t.Context(), binary, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		return server
	}
	server := serve()
	testOutage(t, "127.0.0.1:"+port, func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	}, func() { server = serve() })
}

// testOutage checks that an outage costs nothing but the hints in it, and two lines in the log.
func testOutage(t *testing.T, address string, stop, restart func()) {
	t.Helper()
	var log process.Output
	here, there := start(t, address, io.Discard), start(t, address, &log)
	reader, end := there.Subscribe("run_1")
	defer end()
	connected(t, here, reader)
	drain(reader)

	stop()
	began := time.Now()
	for range 20_000 { // more than the outbox holds
		here.Publish("run_" + time.Since(began).String())
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("20,000 hints took %v while Redis was away", took)
	}
	local, endLocal := there.Subscribe("run_2")
	defer endLocal()
	there.Publish("run_2")
	woken(t, local, "by its own process, while Redis is away")
	waitFor(t, &log, "Redis is away")

	restart()
	woken(t, reader, "by the new connection, since it may have missed something")
	connected(t, here, reader)
	waitFor(t, &log, "Redis is back")
	if got := strings.Count(log.String(), "\n"); got < 2 || strings.Count(log.String(), "Redis is away") != got/2 {
		t.Errorf("the log is not one line for each change:\n%s", log.String())
	}
}

func waitFor(t *testing.T, log *process.Output, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(log.String(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log lacks %q:\n%s", text, log.String())
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}
