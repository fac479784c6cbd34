package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/fastsynth"
)

// benchCase is one program run one way, with what its runs have shown.
type benchCase struct {
	name    string
	program string
	fast    bool // else with jsii as it comes
	samples []sample
}

// sample is what one run has cost and given. CPU counts Go and Node together.
type sample struct {
	wall, cpu time.Duration
	peak      peaks
	stacks    map[string][]byte // cdk.tf.json by stack name
}

// run synthesizes into an empty folder and waits for Node to end as well, since the app does.
func (c *benchCase) run(ctx context.Context, out string) (sample, error) {
	if err := os.RemoveAll(out); err != nil {
		return sample{}, err
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, c.program)
	cmd.Env = c.environment(out)
	cmd.Stdout, cmd.Stderr = &output, &output
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return sample{}, fmt.Errorf("start %s: %w", c.name, err)
	}
	peak := watch(cmd.Process.Pid)
	err := cmd.Wait()
	wall := time.Since(started)
	result := sample{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak: peak()}
	if err != nil {
		return sample{}, fmt.Errorf("run %s: %w\n%s", c.name, err, output.Bytes())
	}
	result.stacks, err = readStacks(out)
	return result, err
}

// environment leaves out what would have both ways run alike, or write elsewhere.
func (c *benchCase) environment(out string) []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, fastsynth.OptOut+"=")
	})
	env = append(env, "CDKTF_OUTDIR="+out)
	if !c.fast {
		env = append(env, fastsynth.OptOut+"=1")
	}
	return env
}

func readStacks(out string) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(out, "stacks", "*", "cdk.tf.json"))
	if err != nil {
		return nil, err
	}
	stacks := make(map[string][]byte, len(files))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		stacks[filepath.Base(filepath.Dir(file))] = content
	}
	return stacks, nil
}

// firstDifference names the first stack that only one side has or whose bytes differ, "" if there is none.
func firstDifference(a, b map[string][]byte) string {
	names := slices.Sorted(maps.Keys(a))
	names = append(names, slices.Sorted(maps.Keys(b))...)
	for _, name := range names {
		left, inLeft := a[name]
		right, inRight := b[name]
		if inLeft != inRight || !bytes.Equal(left, right) {
			return name
		}
	}
	return ""
}
