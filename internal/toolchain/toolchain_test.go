package toolchain

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func tools(t *testing.T) Tools { return Tools{Dir: t.TempDir(), Out: t.Output()} }

// program puts an executable shell script of that name in front of the PATH.
func program(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func TestOldTerraformIsRefused(t *testing.T) {
	program(t, "terraform", "echo Terraform v1.5.0")
	_, err := tools(t).Terraform(t.Context())
	wantError(t, err, "terraform is 1.5.0", "1.11.0 or later is needed", "take it off the PATH")
}

func TestBrokenTerraformIsNamed(t *testing.T) {
	program(t, "terraform", "exit 3")
	_, err := tools(t).Terraform(t.Context())
	wantError(t, err, "terraform does not print its version")
}

func TestOldNodeIsRefused(t *testing.T) {
	program(t, "node", "echo v16.20.2")
	wantError(t, CheckBuild(t.Context()), "node is 16.20.2", "18.0.0 or later")
}

func TestMissingProgramsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	wantError(t, CheckBuild(t.Context()), "go is not on the PATH")
	_, err := tools(t).Python(t.Context())
	wantError(t, err, "python3 is not on the PATH", "3.10")
	_, err = tools(t).CDKTF(t.Context())
	wantError(t, err, "install Node.js 18.0.0 or later")
}

func TestPythonWithoutMotoAndIndexSaysWhatToDo(t *testing.T) {
	program(t, "python3", `case "$*" in *moto*) exit 1;; *sys.exit*) exit 0;; *venv*) exit 0;; esac`)
	tools := tools(t)
	_, err := tools.Python(t.Context())
	wantError(t, err, "moto 5.2.1", "PIP_INDEX_URL", "by hand")
	wantEmpty(t, tools.Dir)
}

func TestInstallIsAllOrNothing(t *testing.T) {
	tools := tools(t)
	_, err := tools.install("tool-1", func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "half"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return errors.New("the network went away")
	})
	wantError(t, err, "the network went away")
	wantEmpty(t, tools.Dir)

	fills := 0
	fill := func(dir string) error { fills++; return os.WriteFile(filepath.Join(dir, "tool"), nil, 0o600) }
	for range 2 {
		place, err := tools.install("tool-1", fill)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(place, "tool")); err != nil {
			t.Error(err)
		}
	}
	if fills != 1 {
		t.Errorf("installed %d times, want once", fills)
	}
}

// Two commands may install the same tool at once; the slower one uses what the faster one made.
func TestInstallLosesARaceGracefully(t *testing.T) {
	tools := tools(t)
	place, err := tools.install("tool-1", func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "tool"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		faster := filepath.Join(tools.Dir, "tool-1")
		return errors.Join(os.Mkdir(faster, 0o700), os.WriteFile(filepath.Join(faster, "tool"), nil, 0o600))
	})
	if err != nil || place != filepath.Join(tools.Dir, "tool-1") {
		t.Errorf("install = %s, %v", place, err)
	}
}

func TestProviderEnv(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("TF_PLUGIN_CACHE_DIR", "")
	t.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(home, "dangling"))
	mirror := filepath.Join(home, ".terraform.d", "plugins")
	if err := os.MkdirAll(filepath.Join(mirror, providerAddress, "5.100.0", runtime.GOOS+"_"+runtime.GOARCH), 0o700); err != nil {
		t.Fatal(err)
	}
	tools := tools(t)
	env, err := tools.ProviderEnv()
	if err != nil || len(env) != 1 || env[0] != "TF_CLI_CONFIG_FILE="+filepath.Join(tools.Dir, "terraform.rc") {
		t.Fatalf("with a mirror: %v, %v", env, err)
	}
	config, err := os.ReadFile(filepath.Join(tools.Dir, "terraform.rc"))
	if err != nil || !strings.Contains(string(config), mirror) {
		t.Errorf("the configuration does not name the mirror: %s, %v", config, err)
	}
	own := filepath.Join(home, "own.rc")
	t.Setenv("TF_CLI_CONFIG_FILE", own)
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if env, err := tools.ProviderEnv(); err != nil || env != nil {
		t.Errorf("with the user's own configuration: %v, %v, want nothing", env, err)
	}
}

func TestFindMirrorWantsAFittingVersionAndPlatform(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"4.67.0/" + runtime.GOOS + "_" + runtime.GOARCH, "6.0.0/" + runtime.GOOS + "_" + runtime.GOARCH, "5.100.0/plan9_mips"} {
		if err := os.MkdirAll(filepath.Join(root, providerAddress, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if found := findMirror([]string{root}); found != "" {
		t.Errorf("found %s, which has no fitting provider", found)
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("%s holds %v, %v, want nothing", dir, entries, err)
	}
}
