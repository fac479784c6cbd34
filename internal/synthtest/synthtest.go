// Package synthtest gives tests the JSON of every stack, synthesized once per test binary by the very
// call that main makes.
package synthtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/internal/fastsynth"
	"github.com/agentteam/agentteam/stacks"
)

// Main is the TestMain of every package that synthesizes. jsii runs one kernel per process, which takes
// one call at a time: such tests never run in parallel.
func Main(m *testing.M) {
	code := run(m)
	os.Exit(code)
}

func run(m *testing.M) int {
	defer jsii.Close()
	if err := fastsynth.Enable(); err != nil {
		panic(err) // the tests' time limit counts on it
	}
	return m.Run()
}

// Stack is a stack's Terraform JSON, parsed, without cdktf's own metadata.
type Stack map[string]any

// Stacks returns every stack by name. Do not change what it returns: tests share it.
func Stacks(t *testing.T) map[string]Stack {
	t.Helper()
	all, err := synthesized()
	if err != nil {
		t.Fatalf("synthesize: %v", err)
	}
	return all
}

// Environments is Stacks without the account stack.
func Environments(t *testing.T) map[string]Stack {
	t.Helper()
	environments := map[string]Stack{}
	for name, stack := range Stacks(t) {
		if name != stacks.AccountName {
			environments[name] = stack
		}
	}
	return environments
}

var synthesized = sync.OnceValues(func() (map[string]Stack, error) { //nolint:gochecknoglobals // a test binary has one synth, as it has one kernel
	folder, err := os.MkdirTemp("", "synth")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: &folder})
	if err := stacks.Declare(app, func(string) string { return "" }); err != nil {
		return nil, err
	}
	app.Synth()
	return Read(folder)
})

// Read returns the stacks that a synth left in a folder.
func Read(folder string) (map[string]Stack, error) {
	files, err := filepath.Glob(filepath.Join(folder, "stacks", "*", "cdk.tf.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]Stack{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var stack Stack
		if err := json.Unmarshal(data, &stack); err != nil {
			return nil, err
		}
		withoutMetadata(map[string]any(stack))
		all[filepath.Base(filepath.Dir(file))] = stack
	}
	return all, nil
}

// withoutMetadata removes cdktf's comments: they hold its version and paths of the machine.
func withoutMetadata(value any) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "//")
		for _, inner := range value {
			withoutMetadata(inner)
		}
	case []any:
		for _, inner := range value {
			withoutMetadata(inner)
		}
	}
}
