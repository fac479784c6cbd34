package schema

import (
	"fmt"
	"regexp"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxWork bounds one check. References that branch, as {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]},
// double the work with each level; the library itself knows no bound.
const maxWork = 400_000

// meter counts what one check does, and ends it by a panic when that is too much.
type meter struct{ work int }

func (m *meter) reset() { m.work = 0 }

func (m *meter) add(work int) {
	m.work += work
	if m.work > maxWork {
		panic(fmt.Sprintf("it takes more than %d steps; simplify the schema", maxWork))
	}
}

// vocabulary adds a keyword without a name to every schema object, which is how the meter gets to see the
// library's work.
func (m *meter) vocabulary() *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL: "urn:meter",
		Compile: func(_ *jsonschema.CompilerContext, object map[string]any) (jsonschema.SchemaExt, error) {
			work := 1 + len(object)
			for _, value := range object {
				switch v := value.(type) {
				case []any:
					work += len(v)
				case map[string]any:
					work += len(v)
				}
			}
			return metered{meter: m, work: work}, nil
		},
	}
}

type metered struct {
	meter *meter
	work  int
}

// Validate counts, and finds every value right. Faults deep within a value are dearer, as they carry their
// path.
func (e metered) Validate(at *jsonschema.ValidatorContext, _ any) {
	e.meter.add(e.work * (1 + len(at.ValueLocation())/8))
}

// regexp is Go's own, whose time is linear, with the work counted.
func (m *meter) regexp(text string) (jsonschema.Regexp, error) {
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return pattern{Regexp: compiled, meter: m}, nil
}

type pattern struct {
	*regexp.Regexp
	meter *meter
}

func (p pattern) MatchString(text string) bool {
	p.meter.add(1 + len(text)*(1+len(p.String())/10)/100)
	return p.Regexp.MatchString(text)
}
