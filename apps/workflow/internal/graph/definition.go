package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// CheckAgent says what keeps an agent's document from being published. It is an agent node's config without a prompt,
// with a name and a description.
func CheckAgent(data []byte, c Catalog) []problem.Problem {
	d, err := definition()
	if err != nil {
		return []problem.Problem{problem.Format("", problem.CodeInvalidSchema, "%v", err)}
	}
	if len(data) > document.MaxBytes {
		return []problem.Problem{problem.Format("", problem.CodeTooLarge, "the agent has %d bytes, at most %d are allowed", len(data), document.MaxBytes)}
	}
	tree, problems := jsontree.Parse(data, document.MaxDepth)
	if tree == nil {
		return problems
	}
	k := compiler{catalog: c, problems: append(append(problems, d.schema.Check(tree.Raw)...), d.rules.misplaced(tree, "")...)}
	whole, filling := k.fill(tree, d.rules, "")
	if whole != nil {
		k.agent(whole, d.rules, expression.Variables{OnlyArgs: true}, "", "")
	}
	filling.moved()
	return problem.Sorted(k.problems)
}

// definition is the shape of an agent's document.
var definition = sync.OnceValues(readDefinition) //nolint:gochecknoglobals // as the types, of which it is made

func readDefinition() (*builtin, error) {
	types, err := builtins()
	if err != nil {
		return nil, err
	}
	config, err := definitionSchema(types["agent"].Config)
	if err != nil {
		return nil, err
	}
	b := &builtin{Name: "agent", Config: config}
	return b, b.compile()
}

// definitionSchema makes that of an agent's document of that of an agent node: it is no reference, has no prompt, and its values are known
// when it is published.
func definitionSchema(node json.RawMessage) (json.RawMessage, error) {
	s, properties, err := agentSchema(node)
	if err != nil {
		return nil, err
	}
	for _, keyword := range []string{"x-agent", "if", "then", "else"} {
		delete(s, keyword)
	}
	for _, name := range []string{"agent", "version"} {
		delete(properties, name)
	}
	for _, property := range properties {
		if p, ok := property.(map[string]any); ok && p["x-expressions"] == nil {
			p["x-expressions"] = "none"
		}
	}
	properties["name"] = map[string]any{"type": "string", "minLength": 1, "maxLength": 100, "x-expressions": "none"}
	properties["description"] = map[string]any{"type": "string", "maxLength": 2000, "x-expressions": "none"}
	s["required"] = []string{"name", "provider", "model"}
	return json.Marshal(s)
}

// agentSchema is that of an agent node without the prompt and the thread, and its properties, to make others of.
func agentSchema(node json.RawMessage) (s, properties map[string]any, err error) {
	if err := json.Unmarshal(node, &s); err != nil {
		return nil, nil, fmt.Errorf("the schema of agents: %w", err)
	}
	properties, ok := s["properties"].(map[string]any)
	if !ok {
		return nil, nil, errors.New("the schema of agents has no properties")
	}
	delete(properties, "prompt")
	delete(properties, "memory") // a thread is the node's own
	s["required"] = []string{}
	return s, properties, nil
}

// compile reads the type's schema.
func (b *builtin) compile() error {
	var err error
	if b.schema, err = schema.CompileOwn(b.Config); err != nil {
		return fmt.Errorf("type %s: %w", b.Name, err)
	}
	b.rules = &rule{}
	if err := json.Unmarshal(b.Config, b.rules); err != nil {
		return fmt.Errorf("type %s: %w", b.Name, err)
	}
	return nil
}
