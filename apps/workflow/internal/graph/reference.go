package graph

import (
	"bytes"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// maxAgents is how deep agents may be the tools of agents.
const maxAgents = 3

// filling puts the documents of agents in the place of references to them. A published version never changes, so
// what comes out is the same at every compilation.
type filling struct {
	*compiler
	config *jsontree.Value // as it was written
	at     string          // its pointer
	filled []string        // pointers within the config
	depth  int             // of agents within each other
	mark   int             // how many problems there were before
	failed bool
}

// fill gives the config with the agents that it refers to; nil if one cannot be had, which is reported.
func (k *compiler) fill(config *jsontree.Value, rules *rule, at string) (*jsontree.Value, *filling) {
	f := &filling{compiler: k, config: config, at: at, mark: len(k.problems)}
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
	case f.depth > 0 && text(value.Get("type")) == "openapi":
		f.described(b, value, pointer)
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
	members := value.Members
	refers := rules.Agent != "" && value.Get("agent") != nil
	if given := value.Get("definition"); given != nil && rules.Agent == "definition" {
		f.refusef(problem.CodeNotAllowed, pointer+"/definition", "an agent that is a tool has to be a published one: name it by agent and version")
	}
	if refers {
		f.filled = append(f.filled, pointer)
		f.depth++
		defer func() { f.depth-- }()
		members = f.members(value, rules, pointer)
	}
	comma := "{"
	for _, m := range members {
		writeKey(b, comma, m.Key)
		comma = ","
		inner := rules.Properties[m.Key]
		if m.Key == "definition" && refers {
			inner = f.definition()
		}
		f.write(b, m.Value, inner, problem.Join(pointer, m.Key))
	}
	b.WriteString(strings.TrimPrefix(comma+"}", ","))
}

// described writes the tools of an OpenAPI document's operations in the place of the one that names them: an agent that is a tool is not
// compiled again.
func (f *filling) described(b *bytes.Buffer, set *jsontree.Value, pointer string) {
	tools, err := openapiTools(set)
	if err != nil {
		f.refusef(problem.CodeInvalidFormat, pointer, "%v", err)
	}
	for i, tool := range tools {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(tool)
	}
}

func (f *filling) refusef(code, pointer, format string, arguments ...any) {
	f.failed = true
	f.problemf(f.at+pointer, code, format, arguments...)
}

// definition are the rules of an agent's document.
func (f *filling) definition() *rule {
	d, err := definition()
	if err != nil {
		f.refusef(problem.CodeInvalidSchema, "", "%v", err)
		return nil
	}
	return d.rules
}

// members are those of a reference with what the agent's document adds to them, instead of its name.
func (f *filling) members(reference *jsontree.Value, rules *rule, pointer string) (members []jsontree.Member) {
	if f.depth > maxAgents {
		f.refusef(problem.CodeTooDeep, pointer, "agents are the tools of agents deeper than %d: let one of them do without", maxAgents)
		return nil
	}
	found := f.lookUp(text(reference.Get("agent")), reference.Get("version"), f.at+pointer)
	if found == nil {
		f.failed = true
		return nil
	}
	for _, m := range reference.Members {
		if m.Key != "agent" && m.Key != "version" {
			members = append(members, m)
		}
	}
	if rules.Agent == "definition" {
		return append(members, asTool(reference, found)...)
	}
	return append(members, f.fields(reference, found, rules, pointer)...)
}

// asTool gives the members that an agent's document adds to a tool.
func asTool(reference, found *jsontree.Value) []jsontree.Member {
	added := []jsontree.Member{{Key: "definition", Value: found}}
	if description := found.Get("description"); description != nil && reference.Get("description") == nil {
		added = append(added, jsontree.Member{Key: "description", Value: description})
	}
	return added
}

// fields gives the members of an agent's document that its place takes.
func (f *filling) fields(reference, found *jsontree.Value, rules *rule, pointer string) (added []jsontree.Member) {
	for _, m := range found.Members {
		own := reference.Get(m.Key)
		switch {
		case m.Key == "name", rules.Properties[m.Key] == nil: // its place has a name, or needs none
		case own == nil:
			added = append(added, m)
		case m.Key != "description":
			f.refusef(problem.CodeNotAllowed, problem.Join(pointer, m.Key), "the agent has a %s of its own: remove this one, or publish another version of the agent", m.Key)
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

// moved lets problems that are within an agent's document point at the reference to it.
func (f *filling) moved() {
	for i, p := range f.problems[f.mark:] {
		within, inside := strings.CutPrefix(p.Pointer, f.at)
		if !inside || lookup(f.config, within) != nil {
			continue
		}
		for _, place := range f.filled { // the outermost first
			if strings.HasPrefix(within, place+"/") {
				f.problems[f.mark+i].Pointer = f.at + place + "/agent"
				break
			}
		}
	}
}
