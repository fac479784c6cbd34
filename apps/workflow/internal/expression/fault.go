package expression

import (
	"fmt"
	"strings"
)

// Error is what is wrong with one expression.
type Error struct {
	Pointer    string // of the text that holds it, within the value
	Code       string // one of package problem's, or of package node's when it was evaluated
	Expression string
	Column     int // in characters, from 1; 0: not known
	Message    string
}

// Error says which expression, where, and what is missing.
func (f *Error) Error() string {
	where := ""
	if f.Column > 0 {
		where = fmt.Sprintf(" at character %d", f.Column)
	}
	return fmt.Sprintf("${{ %s }}%s: %s", clip(strings.TrimSpace(f.Expression)), where, f.Message)
}

// Errors are all that is wrong with a value's expressions.
type Errors []*Error

// Error joins them.
func (f Errors) Error() string {
	texts := make([]string, 0, len(f))
	for _, fault := range f {
		texts = append(texts, fault.Error())
	}
	return strings.Join(texts, "; ")
}

// clip keeps messages readable.
func clip(text string) string {
	const most = 120
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// nearest is the name that was probably meant, as the end of a message.
func nearest(name string, names []string) string {
	best, distance := "", 3
	for _, candidate := range names {
		if d := edits(name, candidate, distance); d < distance && d < len(name) {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// edits is how many letters have to change to get from a to b, or most if they are more.
func edits(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], most)
}
