package expression

import (
	"errors"
	"strings"
)

// open begins an expression in a text.
const open = "${{"

// part is a piece of a text: literal, or an expression with the place where it begins.
type part struct {
	text       string
	expression bool
	offset     int // of the expression's text, in bytes
}

// Has says whether the text holds an expression.
func Has(text string) bool { return strings.Contains(text, open) }

// Whole says whether the text is one expression and nothing else, so that its value keeps its type.
func Whole(text string) bool {
	parts, err := split(text)
	return err == nil && len(parts) == 1 && parts[0].expression
}

var (
	errUnclosed = errors.New("${{ has no }} that ends it")
	errEmpty    = errors.New("there is no expression between ${{ and }}")
)

// split finds the expressions of a text. What looks like }} within CEL's own strings, braces and comments
// ends nothing.
func split(text string) ([]part, error) {
	var parts []part
	for at := 0; at < len(text); {
		begin := strings.Index(text[at:], open)
		if begin < 0 {
			return append(parts, part{text: text[at:]}), nil
		}
		if begin > 0 {
			parts = append(parts, part{text: text[at : at+begin]})
		}
		start := at + begin + len(open)
		length := end(text[start:])
		if length < 0 {
			return nil, errUnclosed
		}
		source := text[start : start+length]
		if strings.TrimSpace(source) == "" {
			return nil, errEmpty
		}
		parts = append(parts, part{text: source, expression: true, offset: start})
		at = start + length + len("}}")
	}
	return parts, nil
}

// end is where the }} stands that ends the expression; -1 if there is none.
func end(source string) int {
	depth := 0
	for i := 0; i < len(source); {
		switch c := source[i]; {
		case depth == 0 && strings.HasPrefix(source[i:], "}}"):
			return i
		case c == '{':
			depth++
			i++
		case c == '}':
			depth--
			i++
		default:
			i += opaque(source, i)
		}
	}
	return -1
}

// opaque is the length of the string, the comment or the single character at i.
func opaque(source string, i int) int {
	switch {
	case source[i] == '"' || source[i] == '\'':
		return quoted(source[i:], raw(source[:i]))
	case strings.HasPrefix(source[i:], "//"):
		line, _, _ := strings.Cut(source[i:], "\n")
		return len(line)
	default:
		return 1
	}
}

// quoted is the length of the CEL string that the text begins with.
func quoted(text string, raw bool) int {
	quote := text[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(text, triple) {
		quote = triple
	}
	for i := len(quote); i < len(text); i++ {
		if strings.HasPrefix(text[i:], quote) {
			return i + len(quote)
		}
		if text[i] == '\\' && !raw {
			i++
		}
	}
	return len(text)
}

// raw says whether the prefix of a string makes backslashes ordinary: r"…", br"…", rb"…".
func raw(before string) bool {
	prefix := before[len(strings.TrimRight(before, "rRbB")):]
	if len(prefix) > 2 || !strings.ContainsAny(prefix, "rR") {
		return false
	}
	start := len(before) - len(prefix)
	return start == 0 || !isWord(before[start-1])
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
