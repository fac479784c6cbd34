// Package id makes the names of things: a prefix that says what is named, and a UUIDv7 (RFC 9562), so that
// names sort by the time they were made and an index grows at its end.
package id

import (
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
)

// The prefixes in use.
const (
	Workspace     = "wsp"
	Workflow      = "wfl"
	Agent         = "agt"
	Run           = "run"
	Approval      = "apr"
	Artifact      = "art"
	Key           = "key"
	Credential    = "crd"
	MCPServer     = "mcp"
	Schedule      = "sch"
	Webhook       = "whk"
	Endpoint      = "whe"
	Thread        = "thr"
	Evaluation    = "evl"
	EvaluationRun = "evr"
	Call          = "cal" // of a model, outside of any run
)

const (
	alphabet = "0123456789abcdefghijklmnopqrstuv" // base32hex (RFC 4648): texts sort as the bytes do
	length   = 26                                 // of 128 bits
)

// New is prefix, "_" and 26 lower-case characters. Names that one process makes are in strict order.
func New(prefix string) string {
	bytes := uuid.Must(uuid.NewV7()) // crypto/rand does not fail: Go ends the process instead
	return prefix + "_" + encoding().EncodeToString(bytes[:])
}

// Valid says whether New(prefix) can have made it; what is not valid need not be looked up.
func Valid(prefix, id string) bool {
	text, found := strings.CutPrefix(id, prefix+"_")
	if !found || len(text) != length {
		return false
	}
	bytes, err := encoding().DecodeString(text)
	// The last character holds three bits: without this check four texts would stand for the same name.
	return err == nil && encoding().EncodeToString(bytes) == text
}

func encoding() *base32.Encoding { return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding) }
