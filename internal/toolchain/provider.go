package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/hashicorp/go-version"
)

const (
	providerAddress    = "registry.terraform.io/hashicorp/aws"
	providerConstraint = "~> 5.99" // as the stacks require it
)

// ProviderEnv tells terraform where the AWS provider comes from: the user's own CLI configuration when there is
// one, else a mirror on this machine, else the registry with a cache, so 700 MB are downloaded once.
func (t Tools) ProviderEnv() ([]string, error) {
	if userConfigured() {
		return nil, nil
	}
	if err := os.MkdirAll(t.Dir, 0o755); err != nil {
		return nil, err
	}
	if mirror := findMirror(mirrorRoots()); mirror != "" {
		return t.mirrorEnv(mirror)
	}
	cache := filepath.Join(t.Dir, "providers")
	return []string{"TF_PLUGIN_CACHE_DIR=" + cache}, os.MkdirAll(cache, 0o755)
}

// userConfigured ignores a TF_CLI_CONFIG_FILE that names no file: terraform would only warn about it.
func userConfigured() bool {
	if os.Getenv("TF_PLUGIN_CACHE_DIR") != "" {
		return true
	}
	file, set := os.LookupEnv("TF_CLI_CONFIG_FILE")
	if !set {
		file = filepath.Join(os.Getenv("HOME"), ".terraformrc")
	}
	_, err := os.Stat(file)
	return err == nil
}

func (t Tools) mirrorEnv(mirror string) ([]string, error) {
	const config = `# The AWS provider was found on this machine; everything else comes from the registry.
provider_installation {
  filesystem_mirror {
    path    = %q
    include = [%q]
  }
  direct {
    exclude = [%q]
  }
}
`
	file := filepath.Join(t.Dir, "terraform.rc")
	text := fmt.Sprintf(config, mirror, providerAddress, providerAddress)
	return []string{"TF_CLI_CONFIG_FILE=" + file}, os.WriteFile(file, []byte(text), 0o644)
}

// mirrorRoots are terraform's implicit mirror folders, and whatever lies one or two levels below /opt.
func mirrorRoots() []string {
	home := os.Getenv("HOME")
	roots := []string{
		filepath.Join(home, ".terraform.d", "plugins"),
		filepath.Join(home, ".local", "share", "terraform", "plugins"),
		filepath.Join(home, "Library", "Application Support", "io.terraform", "plugins"),
		"/usr/local/share/terraform/plugins",
		"/usr/share/terraform/plugins",
		"/opt",
	}
	for _, dir := range filepath.SplitList(os.Getenv("XDG_DATA_HOME") + ":" + os.Getenv("XDG_DATA_DIRS")) {
		roots = append(roots, filepath.Join(dir, "terraform", "plugins"))
	}
	for _, pattern := range []string{"/opt/*", "/opt/*/*"} {
		below, _ := filepath.Glob(pattern) // the pattern is well-formed
		roots = append(roots, below...)
	}
	return roots
}

// findMirror returns the first root that holds a fitting provider for this machine, or "".
func findMirror(roots []string) string {
	constraint := version.MustConstraints(version.NewConstraint(providerConstraint))
	platform := runtime.GOOS + "_" + runtime.GOARCH
	for _, root := range roots {
		versions, _ := filepath.Glob(filepath.Join(root, providerAddress, "*", platform))
		for _, dir := range versions {
			v, err := version.NewVersion(filepath.Base(filepath.Dir(dir)))
			if err == nil && constraint.Check(v) {
				return root
			}
		}
	}
	return ""
}
