package document

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// Bounds of a document.
const (
	MaxBytes = 2 << 20
	MaxDepth = 64
	MaxNodes = 500
	MaxEdges = 2000
)

//go:embed schema.json
var shape []byte

// The shapes never change, and take a while to compile.
//
//nolint:gochecknoglobals // as above
var (
	documentShape = sync.OnceValues(func() (*schema.Schema, error) { return schema.CompileOwn(shape) })
	nodeShape     = sync.OnceValues(func() (*schema.Schema, error) { return schema.CompileOwn(nodeSchema()) })
)

// Schema is the JSON Schema of documents. What a node's config may hold depends on its type.
func Schema() json.RawMessage { return slices.Clone(shape) }

// Decode reads a document. All problems are reported at once; the document is nil if there are any.
func Decode(data []byte) (*Document, []Problem) {
	tree, problems := parse(data, documentShape)
	if tree == nil {
		return nil, problems
	}
	r := reader{problems: problems}
	d := r.document(tree)
	if len(r.problems) > 0 {
		return nil, problem.Sorted(r.problems)
	}
	return d, nil
}

// DecodeNode reads one node by itself.
func DecodeNode(data []byte) (*Node, []Problem) {
	tree, problems := parse(data, nodeShape)
	if tree == nil {
		return nil, problems
	}
	r := reader{problems: problems}
	n := r.node(tree, "")
	if len(r.problems) > 0 {
		return nil, problem.Sorted(r.problems)
	}
	return &n, nil
}

// parse gives the tree with the problems of its shape; no tree if the text is no JSON at all.
func parse(data []byte, shape func() (*schema.Schema, error)) (*jsontree.Value, []Problem) {
	if len(data) > MaxBytes {
		return nil, []Problem{problem.Format("", problem.CodeTooLarge, "the document has %d bytes, at most %d are allowed", len(data), MaxBytes)}
	}
	tree, problems := jsontree.Parse(data, MaxDepth)
	if tree == nil {
		return nil, problems
	}
	s, err := shape()
	if err != nil {
		return nil, []Problem{problem.Format("", problem.CodeInvalidSchema, "%v", err)}
	}
	return tree, append(problems, s.Check(tree.Raw)...)
}

// nodeSchema is that of a document, entered at a node.
func nodeSchema() json.RawMessage {
	var s map[string]json.RawMessage
	if err := json.Unmarshal(shape, &s); err != nil {
		return nil // CompileOwn says what is wrong with it
	}
	node, err := json.Marshal(map[string]json.RawMessage{"$ref": json.RawMessage(`"#/$defs/node"`), "$defs": s["$defs"]})
	if err != nil {
		return nil
	}
	return node
}
