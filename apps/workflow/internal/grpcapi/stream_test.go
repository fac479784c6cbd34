package grpcapi_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// read takes a stream to its end.
func read(stream workflowv1.RunService_StreamRunEventsClient) (seqs []int64, err error) {
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return seqs, nil
		}
		if err != nil {
			return seqs, err
		}
		for _, event := range answer.GetEvents() {
			seqs = append(seqs, event.GetSeq())
		}
	}
}

func TestStreamsCarryTheLogOverTheNetwork(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Append(t, w.pool, w.workspace, run, slices.Repeat([]string{"log"}, 600)...)
	results := make([]chan []int64, 5)
	for i := range results {
		results[i] = make(chan []int64, 1)
		stream, err := w.runs.StreamRunEvents(w.owner(t), &workflowv1.StreamRunEventsRequest{RunId: run, After: int64(i * 150)})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			seqs, err := read(stream)
			if err != nil {
				t.Error(err)
			}
			results[i] <- seqs
		}()
	}
	for range 10 {
		storetest.Append(t, w.pool, w.workspace, run, "message.delta")
		w.hub.Publish(run)
	}
	storetest.Append(t, w.pool, w.workspace, run, "done")
	w.hub.Publish(run)
	for i, result := range results {
		seqs := <-result
		if len(seqs) != 611-i*150 || seqs[0] != int64(i*150+1) || !slices.IsSorted(seqs) || seqs[len(seqs)-1] != 611 {
			t.Errorf("after %d: %d events", i*150, len(seqs))
		}
	}
}

// TestADrainSendsReadersElsewhere ends streams and health watches by codes that say what to do.
func TestADrainSendsReadersElsewhere(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Append(t, w.pool, w.workspace, run, "run.queued")
	stream, err := w.runs.StreamRunEvents(w.owner(t), &workflowv1.StreamRunEventsRequest{RunId: run})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	w.stop()
	_, err = read(stream)
	expectCode(t, "the stream", err, codes.Unavailable)
	if err := <-w.ended; err != nil {
		t.Error(err)
	}
	w.ended <- nil // for the harness
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the drain took %v", took)
	}
}

func TestHealthIsTheDatabasesPerService(t *testing.T) {
	w := newWorld(t)
	check := func(service string) healthpb.HealthCheckResponse_ServingStatus {
		answer, err := healthpb.NewHealthClient(w.conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetStatus()
	}
	wait := func(want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); check("workflow.v1.RunService") != want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("RunService is not %s", want)
			}
		}
	}
	wait(healthpb.HealthCheckResponse_SERVING)
	w.pool.Close() // the database is out of reach from here on
	wait(healthpb.HealthCheckResponse_NOT_SERVING)
	if check("") != healthpb.HealthCheckResponse_SERVING || check("workflow.v1.EngineService") != healthpb.HealthCheckResponse_SERVING {
		t.Error("the process is not healthy without its database: its task would be replaced for nothing")
	}
}

// TestAThousandStreamsAreCheap opens them on one connection, each on a run of its own, and delivers to all.
func TestAThousandStreamsAreCheap(t *testing.T) {
	const streams, most = 1000, 100 << 10 // bytes of heap for each, client and server together
	w := newWorld(t)
	runs := make([]string, streams)
	for i := range runs {
		runs[i] = storetest.Run(t, w.pool, w.workspace)
	}
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO events (run_id, seq, workspace_id, type, data) SELECT id, 1, workspace_id, 'run.queued', '{}' FROM runs`)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE runs SET last_seq = 1`)
	before := heap()
	ctx, cancel := context.WithCancel(w.owner(t))
	defer cancel()
	open := make([]workflowv1.RunService_StreamRunEventsClient, streams)
	for i, run := range runs {
		stream, err := w.runs.StreamRunEvents(ctx, &workflowv1.StreamRunEventsRequest{RunId: run})
		if err != nil {
			t.Fatal(err)
		}
		open[i] = stream
	}
	for _, stream := range open {
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / streams
	t.Logf("%d bytes of heap a stream, %d goroutines", each, runtime.NumGoroutine())
	if each > most {
		t.Errorf("a stream costs %d bytes of heap, want at most %d", each, most)
	}
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO events (run_id, seq, workspace_id, type, data) SELECT id, 2, workspace_id, 'log', '{}' FROM runs`)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE runs SET last_seq = 2`)
	committed := time.Now()
	for _, stream := range open {
		if answer, err := stream.Recv(); err != nil || answer.GetEvents()[0].GetSeq() != 2 {
			t.Fatal(answer, err)
		}
	}
	t.Logf("without a hint, all had the event %v after its commit", time.Since(committed))
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse) //nolint:gosec // far below the largest number
}
