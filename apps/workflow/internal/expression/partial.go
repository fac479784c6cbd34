package expression

import (
	"encoding/json"
	"strings"
)

// EvaluatePartly resolves every expression that does not use args, and leaves those that do as they are, for
// an agent's tools: their arguments are known only when a model calls them. Values that look like expressions
// are written so that the second evaluation gives them back.
func (t *Template) EvaluatePartly(vars map[string]any) (json.RawMessage, error) {
	a := newActivation(vars)
	w := writer{}
	for _, piece := range t.pieces {
		if piece.parts == nil {
			w.Write(piece.json)
			continue
		}
		if err := piece.writePartly(&w, a); err != nil {
			return nil, err
		}
	}
	return w.Bytes(), nil
}

func (p piece) writePartly(w *writer, a *activation) error {
	if first := p.parts[0]; len(p.parts) == 1 && !first.program.usesArgs {
		value, fault := first.program.eval(a)
		if fault != nil {
			return fault
		}
		text, err := encode(p.converted(value))
		if err != nil {
			return first.program.tooLarge(err)
		}
		w.WriteString(inert(string(text)))
		return nil
	}
	var text strings.Builder
	for _, part := range p.parts {
		switch {
		case part.program == nil:
			text.WriteString(part.text)
		case part.program.usesArgs:
			text.WriteString(open + part.text + "}}")
		default:
			value, fault := part.program.eval(a)
			if fault != nil {
				return fault
			}
			s, err := plain(value)
			if err != nil {
				return part.program.tooLarge(err)
			}
			text.WriteString(inert(s))
		}
	}
	w.text(text.String())
	return nil
}

// inert makes an expression of what looks like the beginning of one.
func inert(text string) string {
	return strings.ReplaceAll(text, open, open+" '"+open+"' }}")
}
