// Package buildinfo tells which build a process runs, so that a log line or an answer can be traced to
// its commit.
package buildinfo

import "runtime/debug"

// version is the image's tag in a binary of an image: the linker writes it, as internal/images tells it to.
var version string // the linker writes it, and nothing else

// Version is the image's tag. Outside an image it is the module version that the Go toolchain stamped into the
// binary: a tag, a pseudo-version that ends in the commit, or "(devel)" for a build without version control information.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
