package ledger

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// smallOutput is the size up to which outputs are read together with their steps' results.
const smallOutput = 1024

// scope is one interpretation of one graph, with the recorded results of its nodes. It is what the
// interpreter reads.
type scope struct {
	place
	path      string
	parent    string // path of the for_each or subworkflow step
	index     int    // in a loop; else -1
	status    interpreter.Status
	variables interpreter.Variables
	results   map[string]*result
	restarts  map[string]int // attempts of nodes that begin anew
	change    *change
}

type result struct {
	interpreter.Result
	attempt  int
	output   json.RawMessage // nil: not read yet
	artifact string
}

// Result is the recorded result of a node.
func (s *scope) Result(nodeID string) (interpreter.Result, bool) {
	r, found := s.results[nodeID]
	if !found {
		return interpreter.Result{}, false
	}
	return r.Result, true
}

// Output reads a node's output where it is kept.
func (s *scope) Output(nodeID string) (json.RawMessage, error) {
	r, found := s.results[nodeID]
	if !found {
		return nil, nil
	}
	if r.output != nil || r.Status != interpreter.Completed {
		return r.output, nil
	}
	output, err := s.change.output(join(s.path, nodeID), r.artifact)
	if err != nil {
		return nil, fmt.Errorf("read the output of %s: %w", join(s.path, nodeID), err)
	}
	r.output = output
	return output, nil
}

func (c *change) output(path, artifact string) (json.RawMessage, error) {
	var value []byte
	var err error
	if artifact != "" {
		err = c.tx.QueryRow(c.ctx, `SELECT content FROM artifacts WHERE id = $1`, artifact).Scan(&value)
	} else {
		err = c.tx.QueryRow(c.ctx, `SELECT coalesce(output, 'null') FROM steps WHERE run_id = $1 AND path = $2`, c.run.id, path).Scan(&value)
	}
	return value, err
}

// live is how many steps of the scope have not ended.
func (s *scope) live() (n int) {
	for _, r := range s.results {
		if !r.Status.Ended() {
			n++
		}
	}
	return n
}

const loadScope = `SELECT sc.status, coalesce(sc.parent_step, ''), coalesce(sc.item_index, -1), CASE WHEN row_number() OVER () = 1 THEN sc.variables END,
  st.node_id, st.status, st.attempt, st.port, st.failure, st.output_artifact, CASE WHEN octet_length(st.output::text) <= $3 THEN st.output END
FROM scopes sc LEFT JOIN steps st ON st.run_id = sc.run_id AND st.scope = sc.path
WHERE sc.run_id = $1 AND sc.path = $2`

// load is a scope that is being read.
type load struct {
	scope                  *scope
	found                  bool
	variables, outer, with []byte
	shared                 error // of reading outer and with
}

// scope reads a scope with the results of its own steps, and of no others: a loop never loads its iterations. Nil: it is gone.
func (c *change) scope(path string) (*scope, error) {
	if s, loaded := c.scopes[path]; loaded {
		return s, nil
	}
	l, err := c.load(path)
	if err != nil {
		return nil, err
	}
	if err := c.tx.Send(c.ctx); err != nil {
		return nil, err
	}
	return c.keep(l)
}

// load has a scope read, and with an iteration what it shares with all others of its loop; its own row has only the item.
func (c *change) load(path string) (*load, error) {
	at, err := c.plan.at(path)
	if err != nil {
		return nil, err
	}
	l := &load{scope: &scope{place: at, path: path, index: -1, results: map[string]*result{}, change: c}}
	c.tx.queueEach(func(rows pgx.Rows) error {
		l.found = true
		return l.scope.scan(rows, &l.variables)
	}, loadScope, c.run.id, path, smallOutput)
	if strings.HasSuffix(path, "]") {
		loop := path[:strings.LastIndexByte(path, '[')]
		c.tx.queueRow(&l.shared, loadShared, []any{c.run.id, at.document, loop}, []any{&l.outer, &l.with})
	}
	return l, nil
}

const loadShared = `SELECT (SELECT variables FROM scopes WHERE run_id = $1 AND path = $2), (SELECT config->'with' FROM steps WHERE run_id = $1 AND path = $3)`

// keep makes what was read the change's scope.
func (c *change) keep(l *load) (*scope, error) {
	if l.shared != nil || !l.found {
		return nil, l.shared
	}
	s := l.scope
	if err := json.Unmarshal(l.variables, &s.variables); err != nil {
		return nil, fmt.Errorf("the variables of scope %s: %w", s.path, err)
	}
	if s.index >= 0 {
		var document interpreter.Variables
		if err := json.Unmarshal(l.outer, &document); err != nil {
			return nil, fmt.Errorf("the variables of scope %s: %w", s.document, err)
		}
		s.variables.Inputs, s.variables.Run, s.variables.With = document.Inputs, document.Run, l.with
	}
	c.scopes[s.path] = s
	return s, nil
}

func (s *scope) scan(rows pgx.Rows, variables *[]byte) error {
	var first, failure, output []byte
	var nodeID, status, port, artifact *string
	var attempt *int
	if err := rows.Scan(&s.status, &s.parent, &s.index, &first, &nodeID, &status, &attempt, &port, &failure, &artifact, &output); err != nil {
		return err
	}
	if first != nil {
		*variables = first
	}
	if nodeID == nil {
		return nil
	}
	r := &result{Result: interpreter.Result{Status: interpreter.Status(*status), Port: *port}, attempt: *attempt, output: output}
	if artifact != nil {
		r.artifact = *artifact
	}
	if failure != nil {
		r.Failure = new(node.Failure)
		if err := json.Unmarshal(failure, r.Failure); err != nil {
			return fmt.Errorf("the failure of %s: %w", join(s.path, *nodeID), err)
		}
	}
	s.results[*nodeID] = r
	return nil
}

// item is what an iteration's row has of its variables.
func item(value json.RawMessage, index int) string {
	return encode(struct {
		Item  json.RawMessage `json:"item"`
		Index int             `json:"index"`
	}{value, index})
}
