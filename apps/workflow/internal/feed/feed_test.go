package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/feed"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/wake"
)

// patience is far above what a loaded machine needs.
const patience = 20 * time.Second

// world is a feed on a database, with one workspace.
type world struct {
	pool      *pgxpool.Pool
	workspace string
	hub       *wake.Hub
	feed      *feed.Feed
	reads     *atomic.Int64 // pages read from the database
}

// counting is the store, with the reads of events counted.
type counting struct {
	*store.Store
	reads *atomic.Int64
}

func (c counting) Events(ctx context.Context, workspace, run string, after int64, bounds store.PageBounds) (store.EventPage, error) {
	c.reads.Add(1)
	return c.Store.Events(ctx, workspace, run, after, bounds)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pool: databasetest.Open(t), hub: wake.New(nil, slog.New(slog.DiscardHandler)), reads: &atomic.Int64{}}
	w.workspace = databasetest.Workspace(t, w.pool)
	w.feed = feed.New(feed.Options{
		Log: counting{store.New(w.pool), w.reads}, Wake: w.hub, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(context.Background())
	var polling sync.WaitGroup
	polling.Go(func() { w.feed.Run(ctx) })
	t.Cleanup(func() { stop(); polling.Wait() })
	return w
}

// append adds events and hints at them, as the engine does.
func (w *world) append(t *testing.T, run string, types ...string) {
	t.Helper()
	storetest.Append(t, w.pool, w.workspace, run, types...)
	w.hub.Publish(run)
}

// follower is a stream whose events a test looks at.
type follower struct {
	mu    sync.Mutex
	seqs  []int64
	times []time.Time
	ended chan error
}

func (w *world) follow(t *testing.T, run string, after int64, send func()) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{ended: make(chan error, 1)}
	go func() {
		f.ended <- w.feed.Follow(ctx, w.workspace, run, after, func(events []store.Event) error {
			f.mu.Lock()
			for _, e := range events {
				f.seqs = append(f.seqs, e.Seq)
				f.times = append(f.times, time.Now())
			}
			f.mu.Unlock()
			if send != nil {
				send()
			}
			return nil
		})
	}()
	t.Cleanup(cancel)
	return f
}

func (f *follower) seen() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seqs)
}

// end waits until the stream ends by itself.
func (f *follower) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("the stream did not end; it has %d events", len(f.seen()))
		return nil
	}
}

func (f *follower) await(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); len(f.seen()) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("want %d events, got %v", n, f.seen())
		}
	}
}

// span is the numbers after one up to another.
func span(after, to int64) (seqs []int64) {
	for seq := after + 1; seq <= to; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func TestEveryReaderGetsTheLogExactly(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, slices.Repeat([]string{"log"}, 20)...)
	followers := map[int64]*follower{}
	for after := range int64(21) {
		followers[after] = w.follow(t, run, after, nil)
	}
	for n := range 10 {
		w.append(t, run, slices.Repeat([]string{"message.delta"}, n%4+1)...)
	}
	w.append(t, run, "run.completed", "done")
	head, err := store.New(w.pool).Head(t.Context(), w.workspace, run)
	if err != nil || !head.Ended {
		t.Fatal(head, err)
	}
	for after, f := range followers {
		err := f.end(t)
		if want := span(after, head.LastSeq); err != nil || !slices.Equal(f.seen(), want) {
			t.Errorf("after %d: %v, got %v, want %v", after, err, f.seen(), want)
		}
	}
}

func TestALongLogComesInPages(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, append(slices.Repeat([]string{"message.delta"}, 1233), "done")...)
	var messages atomic.Int64
	f := w.follow(t, run, 0, func() { messages.Add(1) })
	if err := f.end(t); err != nil || !slices.Equal(f.seen(), span(0, 1234)) {
		t.Errorf("%v, %d events", err, len(f.seen()))
	}
	if messages.Load() != 3 {
		t.Errorf("want 1234 events in 3 messages of at most 500, got %d", messages.Load())
	}
}

func TestLargeEventsMakeSmallPages(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, slices.Repeat([]string{"step.completed"}, 9)...)
	large := `{"output": "` + strings.Repeat("x", 100<<10) + `"}`
	storetest.Exec(t, w.pool, w.workspace, `UPDATE events SET data = $2 WHERE run_id = $1`, run, large)
	huge := `{"output": "` + strings.Repeat("x", 300<<10) + `"}` // more than a page by itself
	storetest.Exec(t, w.pool, w.workspace, `UPDATE events SET data = $2 WHERE run_id = $1 AND seq = 5`, run, huge)
	w.append(t, run, "done")
	var messages atomic.Int64
	f := w.follow(t, run, 0, func() { messages.Add(1) })
	if err := f.end(t); err != nil || !slices.Equal(f.seen(), span(0, 10)) {
		t.Errorf("%v, %v", err, f.seen())
	}
	if messages.Load() != 5 { // 1 2 | 3 4 | 5 | 6 7 | 8 9 10
		t.Errorf("want 5 messages, got %d", messages.Load())
	}
}

func TestAnEventWithoutAHintComesWithThePoll(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	f := w.follow(t, run, 0, nil)
	w.append(t, run, "run.queued")
	f.await(t, 1)
	for n := range 2 {
		before := time.Now()
		storetest.Append(t, w.pool, w.workspace, run, "log") // nobody is told
		f.await(t, n+2)
		if took := time.Since(before); took > 1500*time.Millisecond {
			t.Errorf("the event took %v, want at most 1.5 s", took)
		}
	}
}

func TestAHintSavesTheWait(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	f := w.follow(t, run, 0, nil)
	w.append(t, run, "run.queued")
	f.await(t, 1)
	var took []time.Duration
	for n := range 9 {
		before := time.Now()
		w.append(t, run, "log")
		f.await(t, n+2)
		took = append(took, time.Since(before))
	}
	slices.Sort(took)
	if median := took[len(took)/2]; median > 250*time.Millisecond {
		t.Errorf("events took %v: the hint is not heard", took)
	}
}

func TestManyReadersShareTheReads(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, "run.queued")
	followers := make([]*follower, 200)
	for i := range followers {
		followers[i] = w.follow(t, run, 0, nil)
	}
	for _, f := range followers {
		f.await(t, 1)
	}
	before := w.reads.Load()
	const events = 20
	for n := range events {
		w.append(t, run, "log")
		for _, f := range followers {
			f.await(t, n+2)
		}
	}
	w.append(t, run, "done")
	for i, f := range followers {
		if err := f.end(t); err != nil || !slices.Equal(f.seen(), span(0, events+2)) {
			t.Fatalf("reader %d: %v, %v", i, err, f.seen())
		}
	}
	// A read for each event, one more where a poll came between, and one each that finds the end.
	if reads := w.reads.Load() - before; reads > 4*events {
		t.Errorf("%d reads for %d events and 200 readers", reads, events)
	}
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	release := make(chan struct{})
	slow := w.follow(t, run, 0, func() { <-release })
	w.append(t, run, "run.queued")
	slow.await(t, 1)
	quick := w.follow(t, run, 0, nil)
	for range 5 {
		w.append(t, run, slices.Repeat([]string{"log"}, 300)...)
	}
	w.append(t, run, "done")
	if err := quick.end(t); err != nil || len(quick.seen()) != 1502 {
		t.Errorf("quick: %v, %d events", err, len(quick.seen()))
	}
	if n := len(slow.seen()); n != 1 {
		t.Errorf("the slow reader was handed %d events before it took the first", n)
	}
	close(release)
	if err := slow.end(t); err != nil || !slices.Equal(slow.seen(), span(0, 1502)) {
		t.Errorf("slow: %v, %d events", err, len(slow.seen()))
	}
}

func TestAStreamEndsAfterTheLastDone(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, "run.queued", "run.failed", "done", "run.retried", "run.completed", "done")
	for after := range int64(7) {
		f := w.follow(t, run, after, nil)
		if err := f.end(t); err != nil || !slices.Equal(f.seen(), span(after, 6)) {
			t.Errorf("after %d: %v, %v", after, err, f.seen())
		}
	}
	if err := w.follow(t, run, 7, nil).end(t); !errors.Is(err, feed.ErrAhead) {
		t.Errorf("after 7 of 6: %v", err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	other := databasetest.Workspace(t, w.pool)
	for name, ask := range map[string][2]string{
		"another workspace's run": {other, run},
		"no run":                  {w.workspace, id.New(id.Run)},
		"no id":                   {w.workspace, "run_1"},
	} {
		err := w.feed.Follow(t.Context(), ask[0], ask[1], 0, func([]store.Event) error { return errors.New("sent") })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := w.follow(t, run, 0, nil)
	w.append(t, run, "run.queued")
	f.await(t, 1)
	storetest.Exec(t, w.pool, w.workspace, `DELETE FROM runs WHERE id = $1`, run)
	if err := f.end(t); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a run that was deleted: %v", err)
	}
}

func TestOnePollSeesTheRunsOfManyWorkspaces(t *testing.T) {
	w := newWorld(t)
	want, runs := map[string]int64{}, map[string][]string{}
	for n := range 3 {
		workspace := databasetest.Workspace(t, w.pool)
		for range 2 {
			run := storetest.Run(t, w.pool, workspace)
			runs[workspace] = append(runs[workspace], run)
			want[run] = storetest.Append(t, w.pool, workspace, run, slices.Repeat([]string{"log"}, n+1)...)
		}
	}
	some := slices.Collect(maps.Keys(want))[:1]
	runs[databasetest.Workspace(t, w.pool)] = some // which are another's
	got, err := store.New(w.pool).Heads(t.Context(), runs)
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestReadersSitAnOutageOut takes the database away from everybody while readers wait and while events come.
func TestReadersSitAnOutageOut(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	w.append(t, run, "run.queued")
	f := w.follow(t, run, 0, nil)
	f.await(t, 1)
	admin, name := administrator(t, w.pool)
	allow := func(yes bool) {
		if _, err := admin.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", name, yes)); err != nil {
			t.Fatal(err)
		}
	}
	allow(false)
	if _, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
		t.Fatal(err)
	}
	w.hub.Publish(run) // wakes the reader into the outage
	if _, err := store.New(w.pool).Head(t.Context(), w.workspace, run); !database.Unavailable(err) {
		t.Fatalf("the database is not away: %v", err)
	}
	time.Sleep(700 * time.Millisecond)
	select {
	case err := <-f.ended:
		t.Fatalf("the stream ended: %v", err)
	default:
	}
	allow(true)
	w.pool.Reset() // the writer has connections that were ended; only the reader is tried here
	w.append(t, run, "log", "done")
	if err := f.end(t); err != nil || !slices.Equal(f.seen(), span(0, 3)) {
		t.Errorf("%v, %v", err, f.seen())
	}
}

// administrator is a connection to the same server that outlives the loss of the test's own database.
func administrator(t *testing.T, pool *pgxpool.Pool) (*pgx.Conn, string) {
	t.Helper()
	config := pool.Config().ConnConfig.Copy()
	name := config.Database
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn, name
}
