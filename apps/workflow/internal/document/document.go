// Package document reads workflow documents (docs/workflow-document.md). It knows their shape and bounds;
// what nodes mean together is for package graph.
package document

import (
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Version is what the field schema of every document says.
const Version = "agentteam/v1"

// Problem is one fault of a document.
type Problem = problem.Problem

// Document is one workflow. Defaults are filled in.
type Document struct {
	Schema      string
	Name        string
	Description string
	Inputs      json.RawMessage // a JSON Schema of type object; nil: inputs of any kind
	Outputs     json.RawMessage // an object, with expressions; nil: none
	Settings    Settings
	Nodes       []Node
	Edges       []Edge
	UI          json.RawMessage
}

// Settings hold for a whole run.
type Settings struct {
	Timeout     time.Duration // 0: without bound
	MaxParallel int
	OnError     OnError // Stop or Continue
	Budget      Budget
}

// Budget bounds what a run may use; 0 is no bound.
type Budget struct {
	CostMicroUSD int64
	Tokens       int64
	Steps        int64
	ToolCalls    int64
}

// OnError says what follows from a node whose last attempt failed.
type OnError string

// What may follow from a failed node. Inherit takes that of the settings.
const (
	Inherit  OnError = ""
	Stop     OnError = "stop"
	Continue OnError = "continue"
	Route    OnError = "route"
)

// Node is one step. Config stays as it was written: what it means depends on the type.
type Node struct {
	ID      string
	Type    string
	Name    string
	Config  json.RawMessage // an object; never nil
	When    string          // empty: always
	Retry   Retry
	Timeout time.Duration // 0: the type's own
	OnError OnError
	Body    *Body  // of a for_each
	Pointer string // where it stands in the document
}

// Retry says how often and after which pause a failed attempt is repeated.
type Retry struct {
	MaxAttempts  int
	Initial      time.Duration
	Max          time.Duration
	Multiplier   float64
	NonRetryable []string // failure codes
}

// Edge lets a node follow another.
type Edge struct {
	From    string // a node's id
	Port    string // empty: whichever port is taken
	To      string
	Pointer string
}

// Body is the graph within a loop.
type Body struct {
	Nodes   []Node
	Edges   []Edge
	Output  json.RawMessage // nil: null
	Pointer string
}
