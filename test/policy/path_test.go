//go:build live

package policy

import (
	"strconv"
	"strings"
)

// A path leads to a value through objects by name and through lists by number: "default_action.0.type". A star is
// every element of a list.

func lookUp(value any, path []string) any {
	for _, step := range path {
		switch inside := value.(type) {
		case map[string]any:
			value = inside[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(inside) {
				return nil
			}
			value = inside[n]
		default:
			return nil
		}
	}
	return value
}

// expand replaces each star by the numbers of the elements that are there; without any, by the first, which is missing.
func expand(value any, path string) []string {
	before, after, starred := strings.Cut(path, "*")
	if !starred {
		return []string{path}
	}
	list, _ := lookUp(value, strings.Split(strings.TrimSuffix(before, "."), ".")).([]any)
	var paths []string
	for n := range max(1, len(list)) {
		paths = append(paths, expand(value, before+strconv.Itoa(n)+after)...)
	}
	return paths
}

// set writes a value, and makes the objects and the lists of one that are missing on its way.
func set(values map[string]any, path string, value any) {
	steps := strings.Split(path, ".")
	var at any = values
	for n, step := range steps[:len(steps)-1] {
		next := lookUp(at, []string{step})
		if list, ok := next.([]any); next == nil || ok && len(list) == 0 {
			next = map[string]any{}
			if steps[n+1] == "0" {
				next = []any{map[string]any{}}
			}
			put(at, step, next)
		}
		at = next
	}
	put(at, steps[len(steps)-1], value)
}

func put(at any, step string, value any) {
	switch inside := at.(type) {
	case map[string]any:
		inside[step] = value
	case []any:
		if n, err := strconv.Atoi(step); err == nil {
			inside[n] = value
		}
	}
}
