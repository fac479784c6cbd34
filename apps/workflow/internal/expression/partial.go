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
		s, fault := part.partly(a)
		if fault != nil {
			return fault
		}
		text.WriteString(s)
	}
	w.text(text.String())
	return nil
}

func (p textPart) partly(a *activation) (string, *Error) {
	switch {
	case p.program == nil:
		return p.text, nil
	case p.program.usesArgs:
		return open + p.text + "}}", nil
	}
	value, fault := p.program.eval(a)
	if fault != nil {
		return "", fault
	}
	s, err := plain(value)
	if err != nil {
		return "", p.program.tooLarge(err)
	}
	return inert(s), nil
}

// inert makes an expression of what looks like the beginning of one.
func inert(text string) string {
	return strings.ReplaceAll(text, open, open+" '"+open+"' }}")
}
