//go:build live

package lifecycle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/terraform"
)

// checkout is a clone in which one environment is operated as people do it: by make, git, terraform and the AWS CLI.
type checkout struct {
	world       *livetest.World
	watch       *stopwatch
	environment string
	dir         string
	tf          terraform.Runner
	values      map[string]string // its tfvars file, as HCL
	followed    []string          // runbooks
}

func newCheckout(t *testing.T, world *livetest.World, watch *stopwatch, environment string) *checkout {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "checkout")
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "file://"+root(t), dir).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v\n%s", err, out)
	}
	tf := world.Terraform(filepath.Join(dir, "cdktf.out", "stacks", environment), nil)
	return &checkout{world: world, watch: watch, environment: environment, dir: dir, tf: tf, values: map[string]string{}}
}

// base is the commit that the environment was deployed from before: BASE, or the one before this. Empty: this clone has none but this.
func base(t *testing.T) string {
	t.Helper()
	former := commit(t, cmp.Or(os.Getenv("BASE"), "HEAD~1"))
	if former == commit(t, "HEAD") {
		return ""
	}
	return former
}

func commit(t *testing.T, name string) string {
	t.Helper()
	hash, err := exec.CommandContext(t.Context(), "git", "-C", root(t), "rev-parse", "--quiet", "--verify", name+"^{commit}").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(hash))
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// assignment is a line of a tfvars file, without its remark.
var assignment = regexp.MustCompile(`(?m)^\s*(\w+)\s*=\s*(.*?)\s*(?:#.*)?$`)

// set changes what stands in the environment's tfvars file, and returns all of it.
func (c *checkout) set(hcl string) string {
	for _, line := range assignment.FindAllStringSubmatch(hcl, -1) {
		c.values[line[1]] = line[2]
	}
	var file strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		fmt.Fprintf(&file, "%s = %s\n", name, c.values[name])
	}
	return file.String()
}

// write is the command that writes the environment's tfvars file, with changes.
func (c *checkout) write(hcl string) string {
	return fmt.Sprintf("cat > $ENV.tfvars <<'EOF'\n%sEOF\n", c.set(hcl))
}

// run runs commands, with more in the shell's environment.
func (c *checkout) run(t *testing.T, what, commands string, env ...string) (output string) {
	t.Helper()
	c.watch.phase(c.environment, what, func() {
		output = c.world.Shell(t, c.dir, commands, append(env, "ENV="+c.environment)...)
	})
	return output
}

// attribute reads a resource's attribute, of its first instance, from the state as it is stored: that needs no provider.
func (c *checkout) attribute(t *testing.T, address, name string) string {
	t.Helper()
	var state struct {
		Resources []struct {
			Mode, Type, Name string
			Instances        []struct{ Attributes map[string]any }
		}
	}
	stored := c.world.Shell(t, c.tf.Dir, "terraform state pull")
	if err := json.Unmarshal([]byte(stored), &state); err != nil {
		t.Fatalf("%v in the state %s", err, stored)
	}
	for _, resource := range state.Resources {
		if resource.Mode == "managed" && resource.Type+"."+resource.Name == address && len(resource.Instances) > 0 {
			return fmt.Sprint(resource.Instances[0].Attributes[name])
		}
	}
	t.Errorf("the state of %s lacks %s", c.environment, address)
	return ""
}
