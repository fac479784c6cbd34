package images

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAKilledBuildsFilesGoWhenTheNextBegins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "images")
	killed, err := enter(t.Context(), dir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.make("registry"); err != nil {
		t.Fatal(err)
	}
	if err := killed.lock.Close(); err != nil { // as the system does
		t.Fatal(err)
	}
	next, err := enter(t.Context(), dir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left; %v", left, err)
	}
	if err := next.leave(); err != nil {
		t.Error(err)
	}
}

func TestABuildWaitsForTheOneThatHasItsFolder(t *testing.T) {
	dir := t.TempDir()
	first, err := enter(t.Context(), dir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := first.make("registry")
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 2*lookAgain)
	defer cancel()
	var said strings.Builder
	if _, err := enter(impatient, dir, &said); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(said.String(), "waiting for another build in "+dir) {
		t.Errorf("got %v, %q", err, &said)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("the first one's files: %v", err)
	}
	time.AfterFunc(lookAgain, func() { _ = first.leave() }) // the second one shows it
	second, err := enter(t.Context(), dir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.leave(); err != nil {
		t.Error(err)
	}
}
