//go:build live

package adoption

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
)

// guide is the runbook that a team follows, with the state bucket that the stacks were given.
type guide []livetest.Block

func readGuide(t *testing.T, bucket string) (g guide) {
	t.Helper()
	for _, block := range livetest.Runbook(t, "adopt-from-hcl.md") {
		block.Text = strings.ReplaceAll(block.Text, "agent-team-terraform-state", bucket)
		g = append(g, block)
	}
	return g
}

// block is the text of the block that has a word in it.
func (g guide) block(t *testing.T, word string) string {
	t.Helper()
	for _, block := range g {
		if strings.Contains(block.Text, word) {
			return block.Text
		}
	}
	t.Fatalf("docs/runbooks/adopt-from-hcl.md has no block with %q", word)
	return ""
}

// follow runs the commands of a block where they expect the stacks. What make does there, the test does itself, since it looks at the plans.
func (g guide) follow(t *testing.T, world *livetest.World, stacks, word string) {
	t.Helper()
	folder := t.TempDir()
	must(t, os.Symlink(filepath.Dir(stacks), filepath.Join(folder, "cdktf.out")))
	t.Log(world.Shell(t, folder, "make() { echo \"make $*\"; }\n"+g.block(t, word), "ENV=production"))
}
