package ledger

import (
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// drive advances scopes until nothing follows any more, or the transaction has done its share.
func (c *change) drive() error {
	for len(c.queue) > 0 && !c.run.status.Ended() {
		if c.left <= 0 {
			c.postpone()
			return nil
		}
		p := c.queue[0]
		c.queue = c.queue[1:]
		var err error
		if p.loop != "" {
			err = c.openIterations(p.loop)
		} else {
			err = c.advance(p.scope)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// postpone leaves the rest to tasks of their own.
func (c *change) postpone() {
	seen := map[string]bool{}
	for _, p := range c.queue {
		path := p.scope + p.loop
		if !seen[path] {
			seen[path] = true
			c.task(Task{Kind: Continue, Path: path})
		}
	}
	c.queue = nil
}

func (c *change) advance(path string) error {
	s, err := c.scope(path)
	if err != nil || s == nil || s.status != interpreter.Running {
		return err
	}
	decision, err := interpreter.Advance(s.graph, s.variables, s, c.left)
	if err != nil {
		return fmt.Errorf("advance run %s, scope %q: %w", c.run.id, path, err)
	}
	for _, action := range decision.Actions {
		if err := c.apply(s, action); err != nil {
			return err
		}
		if c.run.status.Ended() {
			return nil
		}
	}
	switch {
	case decision.Outcome != nil:
		return c.close(s, *decision.Outcome)
	case decision.More:
		c.queue = append(c.queue, pending{scope: path})
	}
	return nil
}

// apply records what the interpreter says of one node.
func (c *change) apply(s *scope, a interpreter.Action) error {
	c.left--
	n := s.graph.Node(a.Node)
	if n == nil {
		return fmt.Errorf("scope %q has no node %s", s.path, a.Node)
	}
	path := join(s.path, a.Node)
	attempt := max(s.restarts[a.Node], 1)
	if a.Kind == interpreter.Skip {
		c.record(s, step{path: path, node: a.Node, kind: n.Type, status: interpreter.Skipped, attempt: attempt}, nil)
		c.log("step.skipped", path, struct{}{})
		return nil
	}
	if spent := c.run.exceeded(node.Usage{}, 1); spent != "" {
		return c.exhaust(spent)
	}
	c.run.usage.Steps++
	c.log("step.started", path, map[string]any{"type": n.Type, "attempt": attempt})
	switch a.Kind {
	case interpreter.Complete:
		return c.complete(s, n, attempt, a.Port, a.Output)
	case interpreter.Fail: // by its expressions, which would give the same again
		failure := *a.Failure
		failure.Final = true
		return c.fail(s, n, attempt, &failure)
	default:
		return c.begin(s, n, attempt, a)
	}
}

// begin starts a step. It may end at once: a loop without items, a config that does not fit.
func (c *change) begin(s *scope, n *graph.Node, attempt int, a interpreter.Action) error {
	if err := c.start(s, n, attempt, a); err != nil {
		return err
	}
	if r := s.results[n.ID]; r != nil && r.Status.Ended() {
		c.queue = append(c.queue, pending{scope: s.path})
	}
	return nil
}

// record writes a step and lets the scope see it.
func (c *change) record(s *scope, row step, output []byte) {
	row.scope = s.path
	c.write(row)
	s.results[row.node] = &result{Result: interpreter.Result{Status: row.status, Port: row.port, Failure: row.failure},
		attempt: row.attempt, output: output, artifact: row.output.artifact}
}

// complete records a step's output; whatever follows from it is the queue's.
func (c *change) complete(s *scope, n *graph.Node, attempt int, port string, output []byte) error {
	kept, tooLarge := c.store(output)
	if tooLarge != nil {
		return c.fail(s, n, attempt, tooLarge)
	}
	path := join(s.path, n.ID)
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Completed, attempt: attempt, port: port, output: kept}, clean(output))
	c.log("step.completed", path, kept.show(map[string]any{"port": port}))
	return nil
}

// fail records that an attempt failed: another follows, or the step has failed.
func (c *change) fail(s *scope, n *graph.Node, attempt int, failure *node.Failure) error {
	path := join(s.path, n.ID)
	failure = told(failure, path)
	if delay, again := n.Retry.Delay(path, attempt, failure); again && !n.Pure {
		c.log("step.retrying", path, map[string]any{"attempt": attempt, "failure": failure, "at": c.run.now.Add(delay)})
		c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: attempt + 1, failure: failure}, nil)
		kind := Perform
		if !performed(n.Type) {
			kind = Restart
		}
		c.task(Task{Kind: kind, Path: path, Attempt: attempt + 1, After: delay})
		return nil
	}
	port := ""
	if n.OnError == document.Route {
		port = "error"
	}
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Failed, attempt: attempt, port: port, failure: failure}, nil)
	c.log("step.failed", path, map[string]any{"failure": failure, "attempt": attempt})
	return nil
}

// start lets a step begin that is more than an evaluation.
func (c *change) start(s *scope, n *graph.Node, attempt int, a interpreter.Action) error {
	path := join(s.path, n.ID)
	if !performed(n.Type) && n.Timeout > 0 {
		c.task(Task{Kind: Timeout, Path: path, Attempt: attempt, After: n.Timeout})
	}
	switch n.Type {
	case typeWait:
		return c.startWait(s, n, attempt, a.Config)
	case typeApproval, typeInput:
		return c.ask(s, n, attempt, a.Config)
	case typeForEach:
		return c.startLoop(s, n, attempt, a.Config)
	case typeSubworkflow:
		return c.startSubworkflow(s, n, attempt, a.Config)
	}
	config, failure, err := c.recall(n, path, clean(a.Config))
	if err != nil {
		return err
	}
	if failure != nil {
		return c.fail(s, n, attempt, failure)
	}
	c.record(s, step{path: path, node: n.ID, kind: n.Type, status: interpreter.Running, attempt: attempt, config: config}, nil)
	c.task(Task{Kind: Perform, Path: path, Attempt: attempt, Claim: c.claim(n, config)})
	return nil
}

func (c *change) claim(n *graph.Node, config []byte) *Claim {
	return &Claim{Type: n.Type, Config: config, Started: c.run.now, Timeout: n.Timeout, Budgeted: c.run.budgeted(), Replays: c.run.replays, Live: c.run.live}
}

// close ends a scope and tells the step that it belongs to.
func (c *change) close(s *scope, outcome interpreter.Outcome) error {
	outcome.Failure = c.locate(s, outcome.Failure)
	if s.live() > 0 && s.path != "" {
		if err := c.cancelLive(s.path); err != nil {
			return err
		}
	}
	if outcome.Status == interpreter.Completed && len(outcome.Output) > maxOutput {
		_, outcome.Failure = c.store(outcome.Output)
		outcome.Status, outcome.Output = interpreter.Failed, nil
	}
	s.status = outcome.Status
	if s.path == "" {
		return c.endRoot(outcome)
	}
	row := closedScope{path: s.path, status: outcome.Status, failure: outcome.Failure}
	if outcome.Status == interpreter.Completed {
		row.output = clean(outcome.Output)
	}
	c.closed = append(c.closed, row)
	delete(c.scopes, s.path)
	if s.index >= 0 {
		return c.iterationEnded(s, outcome)
	}
	return c.subworkflowEnded(s, outcome)
}

// locate gives a scope's failure the path of the step that failed first.
func (c *change) locate(s *scope, failure *node.Failure) *node.Failure {
	if failure == nil {
		return nil
	}
	located := told(failure, s.path)
	if s.graph.Node(failure.Step) != nil {
		located.Step = join(s.path, failure.Step)
		if r := s.results[failure.Step]; r != nil && r.Failure != nil && r.Failure.Step != "" {
			located.Step = r.Failure.Step
		}
	}
	return located
}

func (c *change) endRoot(outcome interpreter.Outcome) error {
	if outcome.Status != interpreter.Completed {
		c.run.failure = outcome.Failure
		return c.end(Failed, "run.failed", map[string]any{"failure": outcome.Failure})
	}
	c.run.outputs = clean(outcome.Output)
	c.closed = append(c.closed, closedScope{path: "", status: interpreter.Completed})
	shown := stored{inline: c.run.outputs, bytes: len(c.run.outputs)}.show(map[string]any{})
	if output, small := shown["output"]; small {
		delete(shown, "output")
		shown["outputs"] = output
	}
	return c.end(Completed, "run.completed", shown)
}

// end ends the run, with everything in it that has not ended.
func (c *change) end(status Status, event string, data any) error {
	if status != Completed {
		if err := c.cancelLive(""); err != nil {
			return err
		}
	}
	c.run.status = status
	c.queue, c.next = nil, nil
	c.log(event, "", data)
	c.log("done", "", map[string]any{"status": status})
	return nil
}

// exhaust ends a run that would exceed its budget.
func (c *change) exhaust(reason string) error {
	c.run.failure = node.Fail(node.CodeBudgetExhausted, "%s; start it again with a larger budget", reason)
	return c.end(BudgetExhausted, "run.budget_exhausted", map[string]any{"failure": c.run.failure})
}

// pause tells when everything left waits for people, and when that is over.
func (c *change) pause() error {
	if c.run.status.Ended() || !c.plan.asks || c.immediate() && c.before != Paused {
		return nil
	}
	paused, err := c.allWait()
	switch {
	case err != nil:
		return err
	case paused && c.before != Paused:
		c.run.status = Paused
		c.log("run.paused", "", struct{}{})
	case !paused && c.before == Paused:
		c.run.status = Running
		c.log("run.resumed", "", struct{}{})
	}
	return nil
}

// immediate says whether anything is to be done at once.
func (c *change) immediate() bool {
	for _, t := range c.next {
		if t.After == 0 {
			return true
		}
	}
	return false
}

// allWait says whether everything left waits for people.
func (c *change) allWait() (all bool, err error) {
	if c.immediate() {
		return false, nil
	}
	c.flush(false) // the query has to see the steps
	err = c.tx.QueryRow(c.ctx, allWaitSQL, c.run.id).Scan(&all)
	return all, err
}

const allWaitSQL = `SELECT EXISTS (SELECT FROM approvals WHERE run_id = $1 AND status = 'pending') AND NOT EXISTS (SELECT FROM steps WHERE run_id = $1 AND
  (status = 'running' OR (status = 'waiting' AND (type NOT IN ('approval', 'input', 'for_each', 'subworkflow') OR failure IS NOT NULL)
    AND NOT EXISTS (SELECT FROM approvals WHERE run_id = $1 AND step = steps.path AND status = 'pending' AND kind = 'tool_call'))))`
