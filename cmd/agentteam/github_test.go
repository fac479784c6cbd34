package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withGH puts a gh before the real one that writes down how it was called, and answers a list of issues with one number or none.
func withGH(t *testing.T, open string) (called func() string) {
	t.Helper()
	dir := t.TempDir()
	record := filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"gh $*\" >> " + record + "\ncase \"$*\" in\n*body-file*) cat >> " + record + ";;\nissue\\ list*) echo '" + open + "';;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "gh"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() string {
		text, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestOneIssueAboutDrift(t *testing.T) {
	for name, test := range map[string]struct {
		open    string
		changes bool
		last    string // call but the list, with what it was given
	}{
		"drift begins": {"", true, "gh issue create --title AWS differs from the code --label drift --body-file -\nbody"},
		"drift stays":  {"7", true, "gh issue edit 7 --body-file -\nbody"},
		"drift ends":   {"7", false, "gh issue close 7 --comment AWS is what the code says again.\n"},
		"no drift":     {"", false, `--json number --jq .[].number` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			called := withGH(t, test.open)
			if err := driftIssue(t.Context(), "body", test.changes); err != nil {
				t.Fatal(err)
			}
			if got := called(); !strings.HasSuffix(got, test.last) {
				t.Errorf("called\n%s\nwant at the end\n%s", got, test.last)
			}
		})
	}
}

func TestOneCommentOnAPullRequest(t *testing.T) {
	called := withGH(t, "")
	if err := comment(t.Context(), 12, "body"); err != nil {
		t.Fatal(err)
	}
	if got, want := called(), "gh pr comment 12 --edit-last --create-if-none --body-file -\nbody"; got != want {
		t.Errorf("called %q, want %q", got, want)
	}
}

func TestALongSummaryIsShortened(t *testing.T) {
	got := shortened(strings.Repeat("ä", maxBody))
	if len(got) > maxBody || !strings.HasSuffix(got, "see the summary of the job.") || strings.Contains(got, "\uFFFD") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-60:])
	}
	if shortened("short") != "short" {
		t.Error("a short one is changed")
	}
}
