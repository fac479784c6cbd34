package fastsynth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpc"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// The real kernel runs with the preload beside a user's own one, both in folders with spaces, and loads a handful of the
// bindings' 2,100 modules.
func TestKernelLoadsOnlyTheBindingsInUse(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "a cache")
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("NODE_OPTIONS", "--require "+quote(copyOf(t, "testdata/loaded.cjs")))
	list := filepath.Join(t.TempDir(), "modules")
	t.Setenv("LOADED_MODULES", list)
	enable(t)

	stack := cdktf.NewTerraformStack(cdktf.NewApp(&cdktf.AppConfig{Outdir: new(t.TempDir())}), new("fast"))
	provider.NewAwsProvider(stack, new("aws"), &provider.AwsProviderConfig{Region: new("us-east-1")})
	vpc.NewVpc(stack, new("vpc"), &vpc.VpcConfig{CidrBlock: new("10.0.0.0/16")})
	jsii.Close()

	var bindings []string
	for module := range strings.SplitSeq(string(read(t, list)), "\n") {
		if _, name, found := strings.Cut(filepath.ToSlash(module), "@cdktf/provider-aws/lib/"); found {
			bindings = append(bindings, name)
		}
	}
	want := "lazy-index.js provider/index.js vpc/index.js"
	if got := strings.Join(bindings, " "); got != want {
		t.Errorf("the kernel loaded %d modules of the bindings, want %q, got %.200q", len(bindings), want, got)
	}
}

// Requests and answers far larger than a pipe holds (64 KiB) arrive whole, both ways.
func TestLargeValuesCrossThePipes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("NODE_OPTIONS", "")
	enable(t)
	defer jsii.Close()
	large := strings.Repeat("größer als ein Rohr ", 1<<17)
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: new(t.TempDir())})
	app.Node().SetContext(new("large"), large)
	if got := app.Node().TryGetContext(new("large")); got != large {
		t.Errorf("sent %d bytes and got back other ones: %.60v", len(large), got)
	}
}

func TestEnableKeepsTheUsersOptions(t *testing.T) {
	cacheIn(t, t.TempDir())
	for given, kept := range map[string]string{
		"":                          stockNodeOptions,
		"--max-old-space-size=1000": "--max-old-space-size=1000",
	} {
		t.Setenv("NODE_OPTIONS", given)
		enable(t)
		enable(t) // as a child process of one that has enabled it
		options := os.Getenv("NODE_OPTIONS")
		if !strings.HasPrefix(options, kept+" --require ") || strings.Count(options, "--require") != 1 {
			t.Errorf("NODE_OPTIONS=%q became %q, want %q and one --require", given, options, kept)
		}
	}
}

func TestOptOutLeavesTheEnvironmentAlone(t *testing.T) {
	t.Setenv(OptOut, "1")
	t.Setenv("NODE_OPTIONS", "--no-warnings")
	enable(t)
	if got := os.Getenv("NODE_OPTIONS"); got != "--no-warnings" {
		t.Errorf("NODE_OPTIONS = %q, want it untouched", got)
	}
}

func TestAnUnusableCacheFolderIsNamedAndLeavesStock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cacheIn(t, file)
	t.Setenv("NODE_OPTIONS", "")
	err := Enable()
	if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), OptOut) {
		t.Errorf("Enable() = %v, want an error that names %s and %s", err, file, OptOut)
	}
	if got := os.Getenv("NODE_OPTIONS"); got != "" {
		t.Errorf("NODE_OPTIONS = %q, want it untouched", got)
	}
}

func TestInstallRepairsADamagedPreload(t *testing.T) {
	cacheIn(t, t.TempDir())
	file, err := install()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("half a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := install(); err != nil {
		t.Fatal(err)
	}
	if string(read(t, file)) != string(preload) {
		t.Error("install left a damaged preload in place")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Errorf("install left temporary files behind: %v", left)
	}
}

// cacheIn moves the user's cache folder, also where it follows from HOME: not for tests that start the kernel, whose own
// cache would move along and be filled anew.
func cacheIn(t *testing.T, folder string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", folder)
	t.Setenv("HOME", folder)
}

func enable(t *testing.T) {
	t.Helper()
	if err := Enable(); err != nil {
		t.Fatal(err)
	}
}

// copyOf puts a file into a folder with a space in its name.
func copyOf(t *testing.T, file string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "a folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, filepath.Base(file))
	if err := os.WriteFile(copied, read(t, file), 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
