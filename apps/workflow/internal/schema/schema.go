// Package schema checks JSON against JSON Schemas (2020-12) that users wrote: nothing is ever loaded from
// elsewhere, and neither a schema nor a value can make a check last long.
package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Bounds of one schema.
const (
	MaxBytes = 256 << 10
	MaxDepth = 64
)

// location stands for the schema in references, and in the library's messages.
const location = "urn:schema"

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	compiled *jsonschema.Schema
	mutex    sync.Mutex // the meter counts for one check at a time
	meter    *meter
	values   bool
}

// Compile reads a schema that a user wrote. The problems' pointers start at the schema.
func Compile(raw json.RawMessage) (*Schema, []problem.Problem) {
	if len(raw) > MaxBytes {
		return nil, []problem.Problem{problem.Format("", problem.CodeTooLarge, "the schema has %d bytes, at most %d are allowed", len(raw), MaxBytes)}
	}
	if _, problems := jsontree.Parse(raw, MaxDepth); problems != nil {
		return nil, problems
	}
	return compile(raw, jsonschema.NewCompiler())
}

// CompileOwn reads a schema that is part of the program. Its messages quote the values that are wrong, and
// it knows the format duration.
func CompileOwn(raw json.RawMessage) (*Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.RegisterFormat(&jsonschema.Format{Name: "duration", Validate: durationFormat})
	s, problems := compile(raw, compiler)
	if problems != nil {
		return nil, fmt.Errorf("schema of our own: %s: %s", problems[0].Pointer, problems[0].Message)
	}
	s.values = true
	return s, nil
}

func compile(raw json.RawMessage, compiler *jsonschema.Compiler) (s *Schema, problems []problem.Problem) {
	defer func() {
		if r := recover(); r != nil {
			s, problems = nil, invalid(fmt.Errorf("%v", r), nil)
		}
	}()
	document, err := decode(raw)
	if err != nil {
		return nil, []problem.Problem{problem.Format("", problem.CodeInvalidJSON, "the schema cannot be read: %v", err)}
	}
	m := &meter{}
	compiler.UseLoader(refuse{})
	compiler.RegisterVocabulary(m.vocabulary())
	compiler.AssertVocabs()
	compiler.UseRegexpEngine(m.regexp)
	if err := compiler.AddResource(location, document); err != nil {
		return nil, invalid(err, document)
	}
	compiled, err := compiler.Compile(location)
	if err != nil {
		return nil, invalid(err, document)
	}
	return &Schema{compiled: compiled, meter: m}, nil
}

// Check says where the value does not fit. The pointers start at the value.
func (s *Schema) Check(value json.RawMessage) []problem.Problem {
	decoded, err := decode(value)
	if err != nil {
		return []problem.Problem{problem.Format("", problem.CodeInvalidJSON, "this cannot be read: %v", err)}
	}
	err = s.validate(decoded)
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		r := reporter{root: decoded, values: s.values}
		r.report(fault)
		return problem.Sorted(r.problems)
	}
	return []problem.Problem{problem.Format("", problem.CodeSchemaMismatch, "%v", err)}
}

func (s *Schema) validate(value any) (err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the check could not be finished: %v", r)
		}
	}()
	s.meter.reset()
	return s.compiled.Validate(value)
}

// refuse loads nothing: a schema is whole as it is.
type refuse struct{}

func (refuse) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s would have to be loaded: put the schema under $defs and refer to it as #/$defs/…", url)
}

func invalid(err error, document any) []problem.Problem {
	if fault, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if inner, ok := errors.AsType[*jsonschema.ValidationError](fault.Err); ok {
			r := reporter{root: document, values: true, code: problem.CodeInvalidSchema}
			r.report(inner)
			return problem.Sorted(r.problems)
		}
	}
	text := strings.NewReplacer(location+"#", "", location, "the schema").Replace(err.Error())
	return []problem.Problem{problem.Format("", problem.CodeInvalidSchema, "this is no usable JSON Schema: %s", text)}
}

// Longest is the longest duration that a document may state, a year.
const Longest = 8760 * time.Hour

func durationFormat(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("write it as 300ms, 30s, 10m or 24h")
	}
	if d < time.Millisecond || d > Longest {
		return errors.New("it has to be from 1ms to 8760h")
	}
	return nil
}
