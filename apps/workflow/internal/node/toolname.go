package node

import "strings"

// MaxToolName is the longest name of a tool that models take.
const MaxToolName = 64

// ToolName is what a model calls a tool of a set: the name that the document gives the set, and the tool's own, with
// characters that models take.
func ToolName(set, tool string) string {
	return set + "_" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r) {
			return r
		}
		return '_'
	}, tool)
}
