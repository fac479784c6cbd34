// Package durable carries runs out. It is the one package that knows DBOS: tasks of the ledger are DBOS
// workflows, their calls are steps in the journal that DBOS would keep, and every change of a run is committed together
// with its record there. Runs survive the death of any process, and spread over all that live.
package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/telemetry"
)

const (
	appName = "agentteam"
	// protocolVersion changes only when this build cannot go on with tasks that the one before has begun: when the order or names
	// of the steps of a task change, or the fields of tasks and outcomes. DBOS gives tasks only to processes of the same version, so
	// processes of the old one have to stay until theirs are done.
	protocolVersion = "1"
	queueName       = "tasks"
	taskName        = "task"
	commandName     = "command"
	// pollInterval is how long a task may lie on the queue at least; an idle process asks so often.
	pollInterval       = 200 * time.Millisecond
	defaultConcurrency = 100
	shutdownTimeout    = 5 * time.Second
)

// Options are what an engine works with.
type Options struct {
	// Pool says where the database is. The engine opens a pool of its own with the same settings, because DBOS closes it.
	Pool *pgxpool.Pool
	// ExecutorID names this process among all that work on the database; empty makes a new one.
	ExecutorID string
	// Programs are the node types that make calls.
	Programs  map[string]node.Program
	Performer node.Performer
	// OneCall are the node types whose programs make one call and end.
	OneCall []string
	// Graphs gives a published version, compiled. A version that is not there is ledger.ErrNotFound.
	Graphs func(ctx context.Context, workspace, workflowID string, version int) (*graph.Graph, error)
	// Wake tells readers that a run has new events. It must not block.
	Wake func(run string)
	// Measure counts what is done; nil counts nothing.
	Measure *telemetry.Engine
	Log     *slog.Logger
	// Concurrency is how many tasks may be in flight here; 0 stands for 100.
	Concurrency int
}

// Engine is one process's share of the work.
type Engine struct {
	root        dbos.Context
	pool        *pgxpool.Pool
	pulse       *pgxpool.Pool
	executor    string
	tables      *store.Store
	plans       *plans
	programs    map[string]node.Program
	performer   node.Performer
	oneCall     map[string]bool
	wake        func(run string)
	measure     *telemetry.Engine
	log         *slog.Logger
	concurrency int

	active   atomic.Int64 // tasks in flight
	draining atomic.Bool
	quiet    chan struct{} // closed when no more tasks come from the queue
	joined   atomic.Bool
	closed   atomic.Bool
	flights  *flights
	waiting  sync.Map // of commands: workflow id → chan answer
	own      sync.Map // ids of the workflows in flight
	beats    atomic.Int64
	loops    sync.WaitGroup
	stop     context.CancelFunc // of the loops
}

// New joins the processes that work on the database; tasks are taken at once. Close must follow.
func New(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{executor: o.ExecutorID, programs: o.Programs, performer: o.Performer, wake: o.Wake, measure: o.Measure, log: o.Log, concurrency: o.Concurrency,
		plans: &plans{load: o.Graphs, kept: map[planKey]ledger.Plan{}}, flights: &flights{now: map[*flight]struct{}{}}, quiet: make(chan struct{}), oneCall: map[string]bool{}}
	for _, nodeType := range o.OneCall {
		e.oneCall[nodeType] = true
	}
	if e.executor == "" {
		host, _ := os.Hostname()
		e.executor = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), uuid.NewString())
	}
	if e.concurrency <= 0 {
		e.concurrency = defaultConcurrency
	}
	if e.wake == nil {
		e.wake = func(string) {}
	}
	var err error
	if e.pool, err = pgxpool.NewWithConfig(ctx, o.Pool.Config()); err != nil {
		return nil, err
	}
	e.tables = store.New(e.pool)
	if e.pulse, err = newPulse(ctx, o.Pool); err != nil {
		e.pool.Close()
		return nil, err
	}
	if err := e.launch(ctx); err != nil {
		e.pulse.Close()
		e.pool.Close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	return e, nil
}

// launch starts DBOS and the loops. They outlive the context, until Close: a command that was accepted is carried out. DBOS takes
// the end of its context for a cancel of every workflow, so its context never ends.
func (e *Engine) launch(ctx context.Context) error {
	lasting := context.WithoutCancel(ctx)
	err := e.inTurn(ctx, func() (err error) {
		e.root, err = dbos.NewContext(lasting, dbos.Config{AppName: appName, SystemDBPool: e.pool, ApplicationVersion: protocolVersion, ExecutorID: e.executor,
			Logger: e.log.With("part", "dbos"), SchedulerPollingInterval: time.Hour})
		return err
	})
	if err == nil {
		err = e.prepare(ctx)
	}
	if err != nil && e.root != nil {
		return errors.Join(err, dbos.Shutdown(e.root, shutdownTimeout))
	}
	if err != nil {
		return err
	}
	lasting, e.stop = context.WithCancel(lasting)
	for _, loop := range []func(context.Context){e.beating, e.judging, e.watch, e.janitor, e.reporting, e.ticking, e.turns} {
		e.loops.Go(func() { loop(lasting) })
	}
	return nil
}

func (e *Engine) prepare(ctx context.Context) error {
	dbos.RegisterWorkflow(e.root, e.task, dbos.WithWorkflowName(taskName))
	dbos.RegisterWorkflow(e.root, e.command, dbos.WithWorkflowName(commandName))
	if _, err := dbos.RegisterQueue(e.root, queueName, dbos.WithWorkerConcurrency(e.concurrency), dbos.WithQueueBasePollingInterval(pollInterval),
		dbos.WithQueueOnConflict(dbos.QueueConflictAlwaysUpdate)); err != nil {
		return err
	}
	if err := e.beat(ctx); err != nil {
		return err
	}
	e.joined.Store(true)
	return dbos.Launch(e.root)
}

func (e *Engine) plan(ctx context.Context, workspace string, version ledger.Version) (ledger.Plan, error) {
	var plan ledger.Plan
	err := e.persist(ctx, func() (err error) {
		plan, err = e.plans.get(ctx, workspace, version)
		return err
	})
	return plan, err
}
