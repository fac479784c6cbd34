package graph

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Timeouts of an attempt where the document states none.
const (
	agentTimeout = 10 * time.Minute
	teamTimeout  = 30 * time.Minute
	httpTimeout  = 30 * time.Second
)

func (k *compiler) node(spec document.Node, p place) *Node {
	n := &Node{
		ID: spec.ID, Type: spec.Type, Spec: spec, Retry: spec.Retry, Timeout: spec.Timeout,
		OnError: cmp.Or(spec.OnError, k.document.Settings.OnError),
	}
	k.when(n, p.env)
	n.builtin = k.available(n)
	if n.builtin == nil {
		return n
	}
	n.Pure = n.builtin.Pure
	n.ports = slices.Clone(n.builtin.Ports)
	if n.Timeout == 0 {
		n.Timeout = usualTimeout(n.Type)
	}
	if n.Pure && spec.Retry.MaxAttempts > 1 {
		k.problemf(spec.Pointer+"/retry", problem.CodeNotAllowed, "%s gives the same result each time: it cannot be retried", describe(n))
	}
	if n.Pure && spec.Timeout > 0 {
		k.problemf(spec.Pointer+"/timeout", problem.CodeNotAllowed, "%s is evaluated at once: it has no timeout", describe(n))
	}
	k.config(n, p)
	return n
}

// usualTimeout is that of an attempt where the document states none; 0 is no bound.
func usualTimeout(nodeType string) time.Duration {
	if _, isTeam := lead(nodeType); isTeam {
		return teamTimeout
	}
	switch nodeType {
	case "agent":
		return agentTimeout
	case "http", "memory":
		return httpTimeout
	}
	return 0
}

func (k *compiler) available(n *Node) *builtin {
	var names []string
	for _, t := range k.catalog.Types {
		if t.Name != n.Type {
			names = append(names, t.Name)
			continue
		}
		if t.Unavailable != "" {
			k.problemf(n.Spec.Pointer+"/type", problem.CodeUnavailable, "nodes of type %s cannot run here: %s", n.Type, t.Unavailable)
		}
		if b := k.builtins[n.Type]; b != nil {
			return b
		}
	}
	slices.Sort(names)
	k.problemf(n.Spec.Pointer+"/type", problem.CodeUnknownType, "there is no type %s; the types are %s", n.Type, strings.Join(names, ", "))
	return nil
}

// when is a condition: one expression that gives true or false.
func (k *compiler) when(n *Node, env *expression.Env) {
	if n.Spec.When == "" {
		return
	}
	pointer := n.Spec.Pointer + "/when"
	value, err := encode(n.Spec.When)
	if err != nil {
		k.problemf(pointer, problem.CodeInvalidJSON, "%v", err)
		return
	}
	n.When = k.template(value, env, pointer)
	if !expression.Whole(n.Spec.When) {
		if n.When != nil {
			k.problemf(pointer, problem.CodeExpression, "a condition is one expression: write ${{ … }} around all of it")
		}
		return
	}
	k.mustBe(n.When, jsontree.Bool, pointer)
}

// mustBe reports an expression of which it is known already that it gives another type.
func (k *compiler) mustBe(t *expression.Template, kind jsontree.Kind, pointer string) {
	if t != nil && !t.MayBe(kind) {
		k.problemf(pointer, problem.CodeWrongType, "the expression has to give a value of type %s", kind)
	}
}

func (k *compiler) config(n *Node, p place) {
	pointer := n.Spec.Pointer + "/config"
	written, problems := jsontree.Parse(n.Spec.Config, document.MaxDepth)
	if problems != nil {
		k.within(pointer, problems)
		return
	}
	tree, filling := k.fill(written, n.builtin.rules, pointer)
	defer filling.moved()
	if tree == nil {
		return
	}
	shape := n.builtin.checkShape(tree)
	k.within(pointer, shape)
	var err error
	n.Config, err = expression.CompileAt(tree.Raw, p.env, expression.Places{Literal: n.builtin.rules.literal, Text: n.builtin.rules.text})
	k.faults(pointer, err)
	k.special(n, tree, p, len(shape) == 0)
}

// special checks what a schema cannot say. A config whose shape is wrong is looked at as far as it goes.
func (k *compiler) special(n *Node, config *jsontree.Value, p place, sound bool) {
	pointer := n.Spec.Pointer + "/config"
	switch n.Type {
	case "agent":
		n.Tools = k.agent(config, n.builtin.rules, p.variables, pointer, "")
	case "supervisor", "handoff", "parallel_agents", "plan_execute":
		k.team(n, config, p.variables, pointer)
	case "http":
		k.credential(config.Get("credential"), pointer+"/credential")
	case "input":
		k.object(raw(config.Get("schema")), pointer+"/schema")
	case "memory":
		action := text(config.Get("action"))
		k.fields(config, "the action "+action, memoryFields(action), pointer)
	default:
		k.control(n, config, p, sound)
	}
}

// control is special for the nodes that decide what runs.
func (k *compiler) control(n *Node, config *jsontree.Value, p place, sound bool) {
	pointer := n.Spec.Pointer + "/config"
	switch n.Type {
	case "for_each":
		k.loop(n, config, p)
	case "if":
		k.member(config, "condition", p.env, jsontree.Bool, pointer)
	case "join":
		k.join(n, config, pointer)
	case "subworkflow":
		if sound {
			k.subworkflow(n, config, pointer)
		}
	case "switch":
		k.cases(n, config, pointer)
	}
}

// member checks that a member that is one expression can be of the kind.
func (k *compiler) member(config *jsontree.Value, name string, env *expression.Env, kind jsontree.Kind, pointer string) {
	value := config.Get(name)
	if value == nil || value.Kind != jsontree.String || !expression.Whole(value.Text) {
		return
	}
	if t, err := expression.Compile(value.Raw, env); err == nil {
		k.mustBe(t, kind, pointer+"/"+name)
	}
}

func (k *compiler) cases(n *Node, config *jsontree.Value, pointer string) {
	n.ports = nil
	if cases := config.Get("cases"); cases != nil {
		for i, c := range cases.Items {
			port := text(c.Get("port"))
			at := problem.Join(pointer, "cases", i, "port")
			switch {
			case port == "default" || port == portError:
				k.problemf(at, problem.CodeNotAllowed, "the port %s is there already: give the case's another name", port)
			case !slices.Contains(n.ports, port):
				n.ports = append(n.ports, port) // several cases may share a port
			}
		}
	}
	n.ports = append(n.ports, "default")
}

func (k *compiler) join(n *Node, config *jsontree.Value, pointer string) {
	count := config.Get("n")
	switch mode := text(config.Get("mode")); {
	case mode == "n" && count == nil:
		k.problemf(pointer, problem.CodeMissingField, "n is missing: how many live edges are enough")
	case mode != "n" && count != nil:
		k.problemf(pointer+"/n", problem.CodeNotAllowed, "n goes with the mode n only")
	case mode == "any":
		n.Join = 1
	case mode == "n":
		n.Join = integer(count)
	}
}
