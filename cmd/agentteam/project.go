package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// project is the checkout that a command works on.
type project struct {
	root  string
	app   string // the shell command in cdktf.json that synthesizes every stack
	tools toolchain.Tools
	env   []string // for terraform and cdktf, on top of this process's own
	out   io.Writer
}

// openProject finds the nearest cdktf.json, as git finds its folder.
func openProject(out io.Writer) (*project, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		config, err := os.ReadFile(filepath.Join(dir, "cdktf.json"))
		if err == nil {
			return newProject(dir, config, out)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("no cdktf.json in %s or above: change to the project's folder", start)
		}
	}
}

func newProject(root string, config []byte, out io.Writer) (*project, error) {
	var settings struct{ App string }
	if err := json.Unmarshal(config, &settings); err != nil {
		return nil, fmt.Errorf("%s must be JSON: %w", filepath.Join(root, "cdktf.json"), err)
	}
	if settings.App == "" {
		return nil, fmt.Errorf("%s lacks the command of the app: write it as \"app\"", filepath.Join(root, "cdktf.json"))
	}
	tools, err := toolchain.Default(out)
	if err != nil {
		return nil, err
	}
	env, err := tools.ProviderEnv()
	if err != nil {
		return nil, err
	}
	env = append(env, "CHECKPOINT_DISABLE=1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	return &project{root: root, app: settings.App, tools: tools, env: env, out: out}, nil
}

// runDir holds what `up` leaves behind: the emulator's files and the logs.
func (p *project) runDir() string { return filepath.Join(p.root, ".agentteam") }

func (p *project) emulatorDir() string { return filepath.Join(p.runDir(), "emulator") }

func (p *project) imagesDir() string { return filepath.Join(p.runDir(), "images") }

func (p *project) outDir() string { return filepath.Join(p.root, "cdktf.out") }

func (p *project) stackDir(name string) string { return filepath.Join(p.outDir(), "stacks", name) }

// findEmulator returns the emulator that `up` left running, or nil.
func (p *project) findEmulator() (*emulator.Emulator, error) { return emulator.Find(p.emulatorDir()) }

// stacks are the names in the manifest that the last synth wrote, sorted.
func (p *project) stacks() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(p.outDir(), "manifest.json"))
	if err != nil {
		return nil, err
	}
	var manifest struct{ Stacks map[string]any }
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read cdktf.out/manifest.json: %w", err)
	}
	return slices.Sorted(maps.Keys(manifest.Stacks)), nil
}

// variableFiles are the files whose values terraform gets, the later winning: the ones that cdktf
// reads too, and one of the environment's own name.
func (p *project) variableFiles(environment string) []string {
	auto, _ := filepath.Glob(filepath.Join(p.root, "*.auto.tfvars")) // the pattern is well-formed
	files := append([]string{filepath.Join(p.root, "terraform.tfvars")}, auto...)
	files = append(files, filepath.Join(p.root, environment+".tfvars"))
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(file)
		return err != nil
	})
}
