package devstack_test

import (
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack"
)

func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := devstack.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Describe("process 7, http://127.0.0.1:8000"); err != nil {
		t.Fatal(err)
	}
	if _, err := devstack.Acquire(dir); err == nil || !strings.Contains(err.Error(), "already: process 7, http://127.0.0.1:8000; stop it") {
		t.Errorf("the second one is told %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := devstack.Acquire(dir)
	if err != nil {
		t.Fatalf("after the first one's end: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}
