package livetest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Block is one block of a runbook: commands (sh), or what the environment's tfvars file then says (hcl).
type Block struct{ Language, Text string }

// block is the prose before a block, its language and its text.
var block = regexp.MustCompile("(?s)(.*?)\n *```(sh|hcl)\n(.*?)\n *```")

// Runbook reads the blocks of one of docs/runbooks, but for those that it says are not tested.
func Runbook(t testing.TB, name string) (blocks []Block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Runbooks(t), name))
	must(t, err)
	for _, found := range block.FindAllStringSubmatch(string(text), -1) {
		if prose := found[1]; !strings.Contains(prose, "Not tested") {
			blocks = append(blocks, Block{Language: found[2], Text: found[3]})
		}
	}
	return blocks
}

// Runbooks is their folder.
func Runbooks(t testing.TB) string {
	t.Helper()
	root, err := moduleRoot(t.Context())
	must(t, err)
	return filepath.Join(root, "docs", "runbooks")
}
