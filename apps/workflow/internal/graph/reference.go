package graph

import (
	"bytes"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// filling puts the documents of agents in the place of references to them. A published version never changes, so
// what comes out is the same at every compilation.
type filling struct {
	*compiler
	at     string   // pointer of the config
	filled []string // pointers within the config
	failed bool
}

// fill gives the config with the agents that it refers to. What is wrong with them is reported at the reference.
func (k *compiler) fill(config *jsontree.Value, rules *rule, at string) (*jsontree.Value, *filling) {
	f := &filling{compiler: k, at: at}
	var b bytes.Buffer
	f.write(&b, config, rules, "")
	if f.failed {
		return nil, f
	}
	if len(f.filled) == 0 {
		return config, f
	}
	whole, problems := jsontree.Parse(b.Bytes(), maxResolvedDepth)
	k.within(at, problems)
	return whole, f
}

func (f *filling) write(b *bytes.Buffer, value *jsontree.Value, rules *rule, pointer string) {
	switch {
	case rules == nil || rules.Expressions == "raw" || len(value.Items)+len(value.Members) == 0:
		b.Write(value.Raw)
	case value.Kind == jsontree.Array:
		comma := "["
		for i, item := range value.Items {
			b.WriteString(comma)
			comma = ","
			f.write(b, item, rules.Items, problem.Join(pointer, i))
		}
		b.WriteByte(']')
	default:
		f.object(b, value, rules, pointer)
	}
}

func (f *filling) object(b *bytes.Buffer, value *jsontree.Value, rules *rule, pointer string) {
	refers := rules.Agent != "" && value.Get("agent") != nil
	comma := "{"
	for _, m := range value.Members {
		if refers && (m.Key == "agent" || m.Key == "version") {
			continue
		}
		writeKey(b, comma, m.Key)
		comma = ","
		f.write(b, m.Value, rules.Properties[m.Key], problem.Join(pointer, m.Key))
	}
	if refers {
		f.filled = append(f.filled, pointer)
		for _, m := range f.agent(value, rules, pointer) {
			writeKey(b, comma, m.Key)
			comma = ","
			b.Write(m.Value.Raw)
		}
	}
	b.WriteString(strings.TrimPrefix(comma+"}", ","))
}

// agent gives the members that an agent's document adds to a reference to it.
func (f *filling) agent(reference *jsontree.Value, rules *rule, pointer string) (added []jsontree.Member) {
	found := f.lookUp(text(reference.Get("agent")), reference.Get("version"), f.at+pointer)
	if found == nil {
		f.failed = true
		return nil
	}
	for _, m := range found.Members {
		own := reference.Get(m.Key)
		switch {
		case m.Key == "name", rules.Properties[m.Key] == nil: // its place has a name, or needs none
		case own == nil:
			added = append(added, m)
		case m.Key != "description":
			f.failed = true
			f.problemf(f.at+problem.Join(pointer, m.Key), problem.CodeNotAllowed, "the agent has a %s of its own: remove this one, or publish another version of the agent", m.Key)
		}
	}
	return added
}

// lookUp gives the document of a published version; nil if there is none, which is reported.
func (k *compiler) lookUp(agent string, version *jsontree.Value, at string) *jsontree.Value {
	number := integer(version)
	if number == 0 {
		k.problemf(at, problem.CodeMissingField, "version is missing: which version of the agent, 1 or more; it stays what it is")
		return nil
	}
	if k.catalog.Agent == nil {
		k.problemf(at+"/agent", problem.CodeUnavailable, "agents cannot be looked up here")
		return nil
	}
	found, known, err := k.catalog.Agent(agent, number)
	switch {
	case err != nil:
		k.problemf(at+"/agent", problem.CodeUnavailable, "agent %s could not be looked up; try again", agent)
	case !known:
		k.problemf(at+"/version", problem.CodeUnknownVersion, "there is no version %d of an agent %s", number, agent)
	default:
		tree, problems := jsontree.Parse(found, document.MaxDepth)
		k.within(at+"/agent", problems)
		return tree
	}
	return nil
}

// moved lets the problems since a mark that are within an agent's document point at the reference to it.
func (f *filling) moved(config *jsontree.Value, mark int) {
	for i, p := range f.problems[mark:] {
		within, inside := strings.CutPrefix(p.Pointer, f.at)
		if !inside || lookup(config, within) != nil {
			continue
		}
		for _, place := range f.filled {
			if strings.HasPrefix(within, place+"/") {
				f.problems[mark+i].Pointer = f.at + place + "/agent"
			}
		}
	}
}
