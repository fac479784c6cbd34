package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Documents are read by people who then type what they say, so what they say is checked.

var (
	code      = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	makeCall  = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	link      = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	span      = regexp.MustCompile("`([\\w.*-]+(?:/[\\w.*-]+)*/?)`")
	sourceExt = regexp.MustCompile(`\.(go|md|json|ya?ml|tf|py|proto|cjs|example)$`)
	tableRow  = regexp.MustCompile("(?m)^\\| `(\\w+)` \\|.*$")
)

func TestDocumentsNameMakeTargetsThatExist(t *testing.T) {
	makefile := read(t, "Makefile")
	seen := 0
	for name, text := range documents(t) {
		for _, snippet := range code.FindAllString(text, -1) {
			for _, call := range makeCall.FindAllStringSubmatch(snippet, -1) {
				seen++
				if !regexp.MustCompile(`(?m)^` + call[1] + `:`).MatchString(makefile) {
					t.Errorf("%s says `make %s`, which the Makefile does not have", name, call[1])
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no document names a make target: the test looks at nothing")
	}
}

func TestDocumentsLinkToFilesThatExist(t *testing.T) {
	for name, text := range documents(t) {
		for _, target := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(target[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), target[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, target[1], err)
			}
		}
	}
}

func TestDocumentsNamePathsThatExist(t *testing.T) {
	files := sourceFiles(t)
	for name, text := range documents(t) {
		for _, path := range span.FindAllStringSubmatch(text, -1) {
			if looksLikeSource(path[1]) && !isSource(t, files, path[1]) {
				t.Errorf("%s names `%s`, which does not exist", name, path[1])
			}
		}
	}
}

// looksLikeSource tells paths of this repository from state keys, image names and packages.
func looksLikeSource(path string) bool {
	first, _, nested := strings.Cut(path, "/")
	if !nested {
		return sourceExt.MatchString(path)
	}
	info, err := os.Stat(first)
	return err == nil && info.IsDir() && !generated(first)
}

// isSource finds a path from the root, a pattern of such paths, or a file by its name alone.
func isSource(t *testing.T, files []string, path string) bool {
	t.Helper()
	found, err := filepath.Glob(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return len(found) > 0 || slices.ContainsFunc(files, func(file string) bool { return filepath.Base(file) == path })
}

func TestReadmeListsTheVariables(t *testing.T) {
	want := map[string]string{}
	for name, v := range golden(t).Variable {
		want[name] = "| `" + name + "` | " + v.Type + " | " + v.Description + " |"
	}
	wantTable(t, "## Variables", want)
}

func TestReadmeListsTheOutputs(t *testing.T) {
	want := map[string]string{}
	for name, o := range golden(t).Output {
		want[name] = "| `" + name + "` | " + o.Description + " |"
	}
	wantTable(t, "## Outputs", want)
}

// wantTable compares the rows below a heading, in whatever order they stand.
func wantTable(t *testing.T, heading string, want map[string]string) {
	t.Helper()
	_, section, found := strings.Cut(read(t, "README.md"), "\n"+heading+"\n")
	if !found {
		t.Fatalf("README.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	got := map[string]string{}
	for _, row := range tableRow.FindAllStringSubmatch(section, -1) {
		got[row[1]] = row[0]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("correct the table below %q in README.md (-testdata/production.json +README.md):\n%s", heading, diff)
	}
}

func TestArchitectureMapsEveryFolderAndConstruct(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !generated(entry.Name()) && !strings.Contains(text, "`"+entry.Name()+"/`") {
			t.Errorf("ARCHITECTURE.md has no line for the folder `%s/`", entry.Name())
		}
	}
	constructs, err := filepath.Glob("constructs/*.go")
	if err != nil || len(constructs) == 0 {
		t.Fatalf("files of constructs: %v, %v", constructs, err)
	}
	for _, file := range constructs {
		name := filepath.Base(file)
		if !strings.HasSuffix(name, "_test.go") && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("ARCHITECTURE.md has no line for `%s` of constructs", name)
		}
	}
}

// documents are the texts for people, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, file := range sourceFiles(t) {
		if filepath.Ext(file) == ".md" {
			texts[file] = read(t, file)
		}
	}
	if texts["README.md"] == "" || texts["ARCHITECTURE.md"] == "" || texts["CONTRIBUTING.md"] == "" {
		t.Fatal("README.md, ARCHITECTURE.md and CONTRIBUTING.md must be there and not empty")
	}
	return texts
}

// sourceFiles are all files but those that git ignores.
func sourceFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && generated(path) {
			return fs.SkipDir
		}
		if !entry.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// generated are the folders at the root that no commit holds: those of .gitignore, and git's own.
func generated(folder string) bool {
	ignored, err := os.ReadFile(".gitignore")
	return folder == ".git" || err == nil && slices.Contains(lines(string(ignored)), "/"+folder+"/")
}

type interfaceOfAStack struct {
	Variable map[string]struct{ Type, Description string }
	Output   map[string]struct{ Description string }
}

// golden is what production offers its users. TestGoldens holds it to the code.
func golden(t *testing.T) (stack interfaceOfAStack) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, "testdata/production.json")), &stack); err != nil {
		t.Fatal(err)
	}
	return stack
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
