//go:build live

package lifecycle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// secrets are every secret value of a test, and every file that must hold none of them.
type secrets struct {
	mu     sync.Mutex
	values map[string]bool
	places map[string][]byte // content by where it is from
}

func newSecrets() *secrets { return &secrets{values: map[string]bool{}, places: map[string][]byte{}} }

func (s *secrets) give(named ...map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, values := range named {
		for _, value := range values {
			if value != "UNSET" {
				s.values[value] = true
			}
		}
	}
}

// look remembers what a stack's folder holds: its log, its plan files, which are archives, and the rest.
func (s *secrets) look(t *testing.T, f *folder) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read(t, f.log.Name())
	for _, file := range f.plans {
		s.unpack(t, file)
	}
	files, err := filepath.Glob(filepath.Join(f.tf.Dir, "*.json"))
	if err != nil || len(files) < 2 {
		t.Errorf("files in %s: %q, %v; want the configuration and the tfvars", f.tf.Dir, files, err)
	}
	for _, file := range files {
		s.read(t, file)
	}
}

func (s *secrets) read(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.places[file] = content
}

func (s *secrets) unpack(t *testing.T, file string) {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, part := range archive.File {
		reader, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		s.places[file+" "+part.Name] = content
	}
}

// searchFor searches everything remembered and the versions of the states.
func (s *secrets) searchFor(t *testing.T, states map[string][]byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.places, states)
	visible := 0
	for place, content := range s.places {
		if bytes.Contains(content, []byte("agent-team-production-db")) {
			visible++
		}
		for value := range s.values {
			if bytes.Contains(content, []byte(value)) {
				t.Errorf("%s holds a secret", place)
			}
		}
	}
	// What is not secret must be found, or the search sees nothing.
	if visible == 0 || len(states) < 10 || len(s.values) < 10 {
		t.Errorf("the search saw too little: %d places that name the database, %d state versions, %d secrets", visible, len(states), len(s.values))
	}
	fmt.Fprintf(os.Stderr, "searched %d places, %d of them state versions %q…, for %d secret values: none found unless reported above\n",
		len(s.places), len(states), slices.Sorted(maps.Keys(states))[:1], len(s.values))
}
