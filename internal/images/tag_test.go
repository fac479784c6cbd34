package images

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func repository(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, arguments := range [][]string{
		{"init", "--quiet"}, {"config", "user.name", "Test"}, {"config", "user.email", "test@example.com"},
		{"commit", "--quiet", "--allow-empty", "--message", "Begin"},
	} {
		if _, err := git(t.Context(), root, nil, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func tag(t *testing.T, root string) string {
	t.Helper()
	text, err := Tag(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTagIsTheCommitAndWhatDiffersFromIt(t *testing.T) {
	root := repository(t)
	clean := tag(t, root)
	if hash, err := git(t.Context(), root, nil, "rev-parse", "--short=12", "HEAD"); err != nil || clean != "git-"+hash {
		t.Errorf("the tag of the commit %s is %q; %v", hash, clean, err)
	}
	write(t, root, "new.go", "package one")
	one := tag(t, root)
	if again := tag(t, root); one != again {
		t.Errorf("the same files give the tags %s and %s", one, again)
	}
	if !strings.HasPrefix(one, clean+"-") {
		t.Errorf("with a new file the tag is %s, want %s and more", one, clean)
	}
	write(t, root, "new.go", "package two")
	if two := tag(t, root); two == one {
		t.Errorf("other files give the same tag %s", two)
	}
	write(t, root, ".gitignore", "new.go\n.gitignore\n")
	if ignored := tag(t, root); ignored != clean {
		t.Errorf("with ignored files the tag is %s, want %s", ignored, clean)
	}
}

func TestTagNeedsACommit(t *testing.T) {
	if _, err := Tag(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "known by their commit") {
		t.Errorf("Tag outside a repository gives %v, want an error that says what is missing", err)
	}
}

func TestRegistryIsAHostAndAPrefix(t *testing.T) {
	for text, good := range map[string]bool{
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/agent-team": true, "127.0.0.1:5000/agent-team": true,
		"": false, "localhost": false, "https://localhost/agent-team": false, "localhost/": false, "/agent-team": false, "localhost/agent-team/": false,
	} {
		switch err := checkRegistry(text); {
		case good && err != nil:
			t.Errorf("%q is refused: %v", text, err)
		case !good && (err == nil || !strings.Contains(err.Error(), "<host>/<prefix>")):
			t.Errorf("%q gives %v, want an error that says how to write it", text, err)
		}
	}
}
