package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func touch(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The order is the meaning: terraform lets the later file win.
func TestVariableFiles(t *testing.T) {
	p := &project{root: t.TempDir()}
	touch(t, p.root, "staging.tfvars", "production.tfvars", "b.auto.tfvars", "a.auto.tfvars", "terraform.tfvars", "terraform.tfvars.example")
	var got []string
	for _, file := range p.variableFiles("staging") {
		got = append(got, filepath.Base(file))
	}
	want := []string{"terraform.tfvars", "a.auto.tfvars", "b.auto.tfvars", "staging.tfvars"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOpenProject(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "constructs")
	if err := os.Mkdir(below, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	if _, err := openProject(t.Output()); err == nil || !strings.Contains(err.Error(), "change to the project's folder") {
		t.Errorf("without cdktf.json the error is %v", err)
	}
	config := filepath.Join(root, "cdktf.json")
	if err := os.WriteFile(config, []byte(`{"app": "bin/synth"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openProject(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if p.root != root || p.app != "bin/synth" {
		t.Errorf("project is %s with app %q, want %s with bin/synth", p.root, p.app, root)
	}
	for broken, want := range map[string]string{`{"app":`: " must be JSON: unexpected end", `{}`: " lacks the command of the app"} {
		if err := os.WriteFile(config, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openProject(t.Output()); err == nil || !strings.Contains(err.Error(), config+want) {
			t.Errorf("want an error with %q about the cdktf.json %s, got %v", config+want, broken, err)
		}
	}
}

func TestExport(t *testing.T) {
	tests := map[string]string{
		"AWS_PROFILE=":        `unset AWS_PROFILE`,
		"TF_VAR_domain_name=": `export TF_VAR_domain_name=''`,
		"PATH=/a b:/c":        `export PATH='/a b:/c'`,
		"NAME=it's $HOME=`x`": "export NAME='it'\\''s $HOME=`x`'",
	}
	for variable, want := range tests {
		if got := export(variable); got != want {
			t.Errorf("export(%q) = %s, want %s", variable, got, want)
		}
	}
}
