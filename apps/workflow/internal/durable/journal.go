package durable

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// journal is what a DBOS workflow has recorded, step after step. Its rows are those that DBOS's own steps would have made, so that builds which
// use these understand them, and DBOS removes them with the workflow's.
type journal struct {
	engine   *Engine
	workflow string
	steps    int
	known    map[int]recorded // of an earlier try
}

type recorded struct {
	Number        int
	Name          string
	Output, Fault string
}

const recordedSQL = `SELECT function_id AS number, function_name AS name, coalesce(output, '') AS output, coalesce(error, '') AS fault FROM dbos.operation_outputs WHERE workflow_uuid = $1`

// journal opens that of a workflow. One that was started just now has recorded nothing yet.
func (e *Engine) journal(ctx dbos.Context, fresh bool) (*journal, error) {
	own, err := dbos.GetWorkflowID(ctx)
	if err != nil {
		return nil, err
	}
	j := &journal{engine: e, workflow: own, known: map[int]recorded{}}
	if fresh {
		return j, nil
	}
	return j, e.persist(ctx, func() error {
		rows, err := e.pool.Query(ctx, recordedSQL, own)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[recorded])
		for _, r := range all {
			j.known[r.Number] = r
		}
		return err
	})
}

// entry is the place of one step in the journal.
type entry struct {
	journal *journal
	number  int
	name    string
	began   time.Time
}

// next is the place of the step that follows. A replay has to ask for the same ones in the same order.
func (j *journal) next(name string) entry {
	at := entry{j, j.steps, name, time.Now()}
	j.steps++
	return at
}

// recall reads what an earlier try recorded.
func (at entry) recall(into any) (found bool, err error) {
	r, found := at.journal.known[at.number]
	if !found {
		return false, nil
	}
	return true, r.read(at, into)
}

func (r recorded) read(at entry, into any) error {
	if r.Name != at.name {
		return fmt.Errorf("step %d of %s is %q, and was recorded as %q", at.number, at.journal.workflow, at.name, r.Name)
	}
	if r.Fault != "" {
		return errors.New(r.Fault)
	}
	text, err := base64.StdEncoding.DecodeString(r.Output)
	if err != nil {
		return err
	}
	reflect.ValueOf(into).Elem().SetZero() // of what a try before this one left
	return json.Unmarshal(text, into)
}

// once records a step. The answer to a commit may get lost: then the next try finds what was recorded.
func (at entry) once(ctx context.Context, into any, try func() error) error {
	e, again := at.journal.engine, false
	return e.persist(ctx, func() error {
		if again {
			if found, err := at.look(ctx, into); found || err != nil {
				return err
			}
		}
		again = true
		return taken(try())
	})
}

func (at entry) look(ctx context.Context, into any) (found bool, err error) {
	var r recorded
	err = at.journal.engine.pool.QueryRow(ctx, recordedSQL+` AND function_id = $2`, at.journal.workflow, at.number).Scan(&r.Number, &r.Name, &r.Output, &r.Fault)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.read(at, into)
}

// recordSQL records a step, and that the workflow is this process's: the others may have given it up.
const recordSQL = `WITH owner AS (UPDATE dbos.workflow_status SET executor_id = $1 WHERE workflow_uuid = $2 AND executor_id IS DISTINCT FROM $1)
INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, function_name, output, serialization, started_at_epoch_ms, completed_at_epoch_ms, application_name)
VALUES ($2, $3, $4, $5, 'DBOS_JSON', $6, $7, $8)`

// row are the arguments of recordSQL.
func (at entry) row(result any) ([]any, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	return []any{at.journal.engine.executor, at.journal.workflow, at.number, at.name, base64.StdEncoding.EncodeToString(text),
		at.began.UnixMilli(), time.Now().UnixMilli(), appName}, nil
}

// taken is the error of a record that another process was first with, or whose workflow is gone, as DBOS has it.
func taken(err error) error {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && refusal.ConstraintName == "operation_outputs_pkey":
		return fmt.Errorf("%w: %w", dbos.ErrConflictingWorkflowID, err)
	case ok && refusal.ConstraintName == "operation_outputs_workflow_uuid_fkey":
		return fmt.Errorf("%w: %w", dbos.ErrNonExistentWorkflow, err)
	}
	return err
}
