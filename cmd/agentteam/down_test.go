package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDownLeavesWhatDevKeeps(t *testing.T) {
	p := &project{root: t.TempDir(), out: t.Output()}
	for _, kept := range []bool{false, true} {
		folders := []string{"emulator", "logs"}
		if kept {
			folders = append(folders, "dev/postgres")
		}
		for _, name := range folders {
			if err := os.MkdirAll(filepath.Join(p.runDir(), name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.removeRun(); err != nil {
			t.Fatal(err)
		}
		if exists(p.runDir()) != kept || exists(filepath.Join(p.devDir(), "postgres")) != kept || exists(filepath.Join(p.runDir(), "logs")) {
			t.Errorf("with data of dev: %v, the folder is left as it should not be", kept)
		}
	}
	if err := p.removeRun(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
