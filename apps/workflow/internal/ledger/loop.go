package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// maxItems bounds a loop: each item is a row.
const maxItems = 100_000

// prefetch is how many iterations' items are read at once when one transaction opens several.
const prefetch = 50

// progress counts a loop's iterations. A loop's scopes are all inserted when it starts; those from started on are not open yet.
type progress struct {
	Total   int `json:"total"`
	Started int `json:"started"`
	Done    int `json:"done"` // failed ones included
	Failed  int `json:"failed"`
}

// loop is a for_each step that is under way.
type loop struct {
	progress
	path, scope string // of the step, and of the scope it is in
	node        *graph.Node
	attempt     int
	items       map[int]json.RawMessage // read ahead
	shared      interpreter.Variables   // what all iterations have in common
	body        place
}

// startLoop inserts the iterations' scopes and opens as many as may run at once.
func (c *change) startLoop(s *scope, n *graph.Node, attempt int, config json.RawMessage) error {
	var resolved struct{ Items, With json.RawMessage }
	var items []json.RawMessage
	if err := json.Unmarshal(config, &resolved); err != nil {
		return c.fail(s, n, attempt, node.Fail(node.CodeInvalidInput, "the loop's config cannot be read: %v", err))
	}
	if err := json.Unmarshal(resolved.Items, &items); err != nil || items == nil {
		return c.fail(s, n, attempt, node.Fail(node.CodeInvalidInput, "items must be a list, got %s", text(string(resolved.Items), 100)))
	}
	if len(items) > maxItems {
		return c.fail(s, n, attempt, node.Fail(node.CodeInvalidInput, "items may have at most %d elements, got %d", maxItems, len(items)))
	}
	if len(items) == 0 {
		return c.complete(s, n, attempt, "", []byte("[]"))
	}
	path := join(s.path, n.ID)
	l := &loop{progress: progress{Total: len(items)}, path: path, scope: s.path, node: n, attempt: attempt, items: map[int]json.RawMessage{}}
	for i := range min(len(items), n.Loop.MaxParallel) {
		l.items[i] = items[i]
	}
	l.shared = interpreter.Variables{Inputs: s.variables.Inputs, Run: s.variables.Run, With: resolved.With}
	c.loops[path] = l
	c.insertItems(path, items)
	shared := json.RawMessage(encode(map[string]json.RawMessage{"with": clean(resolved.With)}))
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: attempt, config: shared, progress: l.encoded()}, nil)
	c.log("step.waiting", path, map[string]any{"items": l.Total})
	c.queue = append(c.queue, pending{loop: path})
	return nil
}

func (l *loop) encoded() json.RawMessage { return json.RawMessage(encode(l.progress)) }

func (c *change) insertItems(path string, items []json.RawMessage) {
	variables := make([]string, len(items))
	for i, value := range items {
		variables[i] = item(clean(value), i)
	}
	c.tx.Queue(`INSERT INTO scopes (run_id, workspace_id, path, parent_step, item_index, status, variables)
SELECT $1, $2, $3 || '[' || (place - 1) || ']', $3, place - 1, 'running', value::json FROM unnest($4::text[]) WITH ORDINALITY AS row (value, place)`,
		c.run.id, c.run.workspace, path, variables)
}

const loadLoop = `SELECT st.status, st.attempt, st.progress, st.config->'with', (SELECT variables FROM scopes WHERE run_id = $1 AND path = $3), next.variables
FROM steps st LEFT JOIN scopes next ON next.run_id = st.run_id AND next.path = st.path || '[' || (st.progress->>'started') || ']'
WHERE st.run_id = $1 AND st.path = $2`

// loop reads a loop that is under way; nil: it is not, any more.
func (c *change) loop(path string) (*loop, error) {
	if l, loaded := c.loops[path]; loaded {
		return l, nil
	}
	in, nodeID := split(path)
	at, err := c.plan.at(in)
	if err != nil {
		return nil, err
	}
	n := at.graph.Node(nodeID)
	if n == nil || n.Body == nil {
		return nil, fmt.Errorf("run %s has no loop at %s", c.run.id, path)
	}
	l := &loop{path: path, scope: in, node: n, items: map[int]json.RawMessage{}}
	found, err := c.readLoop(l, at.document)
	if err != nil || !found {
		return nil, err
	}
	c.loops[path] = l
	return l, nil
}

// readLoop reads a loop's counts, what its iterations share, and the item of the next.
func (c *change) readLoop(l *loop, document string) (found bool, err error) {
	var status interpreter.Status
	var counts, with, outer, next []byte
	err = c.tx.QueryRow(c.ctx, loadLoop, c.run.id, l.path, document).Scan(&status, &l.attempt, &counts, &with, &outer, &next)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil || status != interpreter.Waiting || counts == nil {
		return false, err
	}
	if err := errors.Join(json.Unmarshal(counts, &l.progress), json.Unmarshal(outer, &l.shared)); err != nil {
		return false, fmt.Errorf("the state of loop %s: %w", l.path, err)
	}
	l.shared = interpreter.Variables{Inputs: l.shared.Inputs, Run: l.shared.Run, With: with}
	if next == nil {
		return true, nil
	}
	return true, l.keep(l.Started, next)
}

func (l *loop) keep(index int, variables []byte) error {
	var own struct{ Item json.RawMessage }
	if err := json.Unmarshal(variables, &own); err != nil {
		return fmt.Errorf("the item of %s: %w", iteration(l.path, index), err)
	}
	l.items[index] = own.Item
	return nil
}

// openIterations opens one iteration after another, up to the loop's max_parallel.
func (c *change) openIterations(path string) error {
	l, err := c.loop(path)
	if err != nil || l == nil {
		return err
	}
	if l.Started >= l.Total || l.Started-l.Done >= l.node.Loop.MaxParallel {
		return nil
	}
	value, err := c.itemAt(l, l.Started)
	if err != nil {
		return err
	}
	scopePath := iteration(path, l.Started)
	if l.body.graph == nil {
		if l.body, err = c.plan.at(scopePath); err != nil {
			return err
		}
	}
	variables := l.shared
	variables.Item, variables.Index = value, l.Started
	c.scopes[scopePath] = &scope{place: l.body, path: scopePath, parent: path, index: l.Started, status: interpreter.Running, variables: variables,
		results: map[string]*result{}, change: c}
	l.Started++
	c.left--
	c.saveLoop(l)
	// The iteration first, then the next one: few scopes are in memory at a time.
	c.queue = append([]pending{{scope: scopePath}, {loop: path}}, c.queue...)
	return nil
}

func (c *change) itemAt(l *loop, index int) (json.RawMessage, error) {
	if value, read := l.items[index]; read {
		delete(l.items, index)
		return value, nil
	}
	err := each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var at int
		var variables []byte
		if err := rows.Scan(&at, &variables); err != nil {
			return err
		}
		return l.keep(at, variables)
	}, `SELECT item_index, variables FROM scopes WHERE run_id = $1 AND parent_step = $2 AND item_index >= $3 ORDER BY item_index LIMIT $4`,
		c.run.id, l.path, index, prefetch)
	value, read := l.items[index]
	if err == nil && !read {
		err = fmt.Errorf("iteration %s is missing", iteration(l.path, index))
	}
	delete(l.items, index)
	return value, err
}

// saveLoop plans the loop's row. Its scope need not be loaded: nothing in it changes.
func (c *change) saveLoop(l *loop) {
	c.write(step{path: l.path, scope: l.scope, node: l.node.ID, kind: l.node.Type, status: interpreter.Waiting, attempt: l.attempt, progress: l.encoded()})
}

// iterationEnded counts an iteration; the next one opens, or the loop has ended.
func (c *change) iterationEnded(s *scope, outcome interpreter.Outcome) error {
	l, err := c.loop(s.parent)
	if err != nil || l == nil {
		return err
	}
	l.Done++
	if outcome.Status != interpreter.Completed {
		l.Failed++
		if l.node.Loop.OnItemError != document.Continue {
			return c.loopEnded(l, outcome.Failure)
		}
	}
	c.saveLoop(l)
	if l.Done == l.Total {
		return c.loopEnded(l, nil)
	}
	c.queue = append(c.queue, pending{loop: l.path})
	return nil
}

// loopEnded gives the loop's step its result: the failure, or the list of the iterations' outputs.
func (c *change) loopEnded(l *loop, failure *node.Failure) error {
	in, err := c.scope(l.scope)
	if err != nil || in == nil {
		return err
	}
	c.flush(false) // the iterations' outputs
	delete(c.loops, l.path)
	c.queue = append(c.queue, pending{scope: l.scope})
	if failure != nil {
		return c.failWithin(in, l.node, l.attempt, failure)
	}
	output, tooLarge, err := c.collect(l)
	if err != nil {
		return err
	}
	if tooLarge != nil {
		return c.failWithin(in, l.node, l.attempt, tooLarge)
	}
	return c.complete(in, l.node, l.attempt, "", output)
}

// failWithin fails a step that has scopes, and ends what still goes on in them.
func (c *change) failWithin(s *scope, n *graph.Node, attempt int, failure *node.Failure) error {
	if err := c.cancelLive(join(s.path, n.ID)); err != nil {
		return err
	}
	return c.fail(s, n, attempt, failure)
}

// collect joins the iterations' outputs in the items' order, without reading them one by one.
func (c *change) collect(l *loop) ([]byte, *node.Failure, error) {
	var size int
	err := c.tx.QueryRow(c.ctx, `SELECT coalesce(sum(octet_length(coalesce(output::text, 'null')) + 1), 0)::int FROM scopes WHERE run_id = $1 AND parent_step = $2`,
		c.run.id, l.path).Scan(&size)
	if err != nil {
		return nil, nil, err
	}
	if size > maxOutput {
		f := node.Fail(node.CodeTooLarge, "the outputs of the loop's %d items have %d bytes as JSON, at most %d are kept; let the body's output be smaller", l.Total, size, maxOutput)
		f.Final = true
		return nil, f, nil
	}
	var list string
	err = c.tx.QueryRow(c.ctx, `SELECT string_agg(coalesce(output::text, 'null'), ',' ORDER BY item_index) FROM scopes WHERE run_id = $1 AND parent_step = $2`,
		c.run.id, l.path).Scan(&list)
	return []byte("[" + list + "]"), nil, err
}

// isLoop says whether a path is that of a for_each step rather than that of a scope.
func (p Plan) isLoop(path string) bool {
	if path == "" || strings.HasSuffix(path, "]") {
		return false
	}
	in, nodeID := split(path)
	at, err := p.at(in)
	if err != nil {
		return false
	}
	n := at.graph.Node(nodeID)
	return n != nil && n.Type == typeForEach
}
