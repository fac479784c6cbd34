package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/images"
)

// run runs a program in a folder, away from this machine's git configuration.
func run(t *testing.T, dir, program string, arguments ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com", "MAKEFLAGS=")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// cloned is a clone whose main has one commit, with this repository's Makefile beside it.
func cloned(t *testing.T) (dir string) {
	t.Helper()
	upstream, dir := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	for _, command := range [][]string{
		{"git", "init", "--quiet", "--initial-branch=main"}, {"git", "commit", "--quiet", "--allow-empty", "--message=Begin"},
		{"git", "clone", "--quiet", upstream, dir},
	} {
		if out, err := run(t, upstream, command[0], command[1:]...); err != nil {
			t.Fatalf("%q: %v\n%s", command, err, out)
		}
	}
	return dir
}

func makeTarget(t *testing.T, dir string, arguments ...string) (string, error) {
	t.Helper()
	makefile, err := filepath.Abs("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	return run(t, dir, "make", append([]string{"--no-print-directory", "--file=" + makefile}, arguments...)...)
}

func TestOnMainTakesCommitsOfMainAlone(t *testing.T) {
	dir := cloned(t)
	if out, err := makeTarget(t, dir, "on-main"); err != nil {
		t.Errorf("a commit of main is refused: %v\n%s", err, out)
	}
	if out, err := run(t, dir, "git", "commit", "--quiet", "--allow-empty", "--message=Mine"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := makeTarget(t, dir, "on-main"); err == nil || !strings.Contains(out, "HEAD is not a commit of main: merge it first") {
		t.Errorf("a commit that was never pushed: %v\n%s", err, out)
	}
	if out, err := makeTarget(t, dir, "on-main", "COMMIT=HEAD~1"); err != nil {
		t.Errorf("the commit before it: %v\n%s", err, out)
	}
	if out, err := makeTarget(t, dir, "on-main", "COMMIT=0123456789012345678901234567890123456789"); err == nil {
		t.Errorf("a commit that does not exist is taken: %s", out)
	}
}

// TestReleaseTakesTheTagThatImagesGives holds the Makefile's word for a commit's tag to the builder's.
func TestReleaseTakesTheTagThatImagesGives(t *testing.T) {
	dir := cloned(t)
	tag, err := images.Tag(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"release", "smoke-release"} {
		if out, err := makeTarget(t, dir, "--just-print", target); err != nil || !strings.Contains(out, `"`+tag+`"`) {
			t.Errorf("make %s does not take the tag %s: %v\n%s", target, tag, err, out)
		}
	}
	if text := read(t, "docs/deploying.md"); !strings.Contains(text, "--image-tag git-$(git rev-parse --short=12 HEAD)") || !strings.HasPrefix(tag, "git-") || len(tag) != len("git-")+12 {
		t.Errorf("docs/deploying.md gives another tag than %s", tag)
	}
}

// TestFuzzTriesEveryTarget has two targets, of which the first fails: the second is tried all the same, and make says that one failed.
func TestFuzzTriesEveryTarget(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":        "module example.com/fuzzed\n",
		"a/a_test.go":   "package a\nimport \"testing\"\nfunc FuzzBad(f *testing.F) { f.Add(1); f.Fuzz(func(t *testing.T, n int) { t.Error(n) }) }\n",
		"b/c/b_test.go": "package c\nimport \"testing\"\nfunc FuzzGood(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := makeTarget(t, dir, "fuzz", "TIME=10x")
	for _, want := range []string{"== FuzzBad in ./a", "--- FAIL: FuzzBad", "== FuzzGood in ./b/c", "ok  \texample.com/fuzzed/b/c"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("%q is missing, or make does not fail: %v\n%s", want, err, out)
		}
	}
}
