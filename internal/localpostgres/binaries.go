package localpostgres

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

const oldest = 15 // the oldest major version that the PostgreSQL project maintains

// binaries are the programs of one installation.
type binaries struct {
	dir     string
	version string // in the server's own words
	major   string
}

func (b binaries) program(name string) string { return filepath.Join(b.dir, name) }

// find prefers what is first on the PATH: whoever put it there chose it. Then the newest of the usual places.
func find(ctx context.Context, options Options) (binaries, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if found := inspect(ctx, filepath.Dir(path)); found.usable() {
			return found, nil
		}
	}
	var all []binaries
	for _, pattern := range places() {
		dirs, _ := filepath.Glob(pattern) // the pattern is well-formed
		for _, dir := range dirs {
			if found := inspect(ctx, dir); found.usable() {
				all = append(all, found)
			}
		}
	}
	if len(all) > 0 {
		return slices.MaxFunc(all, func(a, b binaries) int { return cmp.Compare(a.number(), b.number()) }), nil
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err // nothing that was asked could answer
	}
	out := options.Out
	if out == nil {
		out = io.Discard
	}
	dir, err := install(ctx, out)
	if err != nil {
		return binaries{}, fmt.Errorf("there is no PostgreSQL %d or later on the PATH or in the usual places, and npm cannot install one: %w\n"+
			"install PostgreSQL (apt-get install postgresql, dnf install postgresql-server, brew install postgresql@17) or Node.js with npm", oldest, err)
	}
	return inspect(ctx, dir), nil
}

func places() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // PostgreSQL's packages for Red Hat
		"/usr/libexec/postgresql*",           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple's processors
		"/usr/local/opt/postgresql@*/bin",    // and on Intel's
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
}

// inspect gives the zero value for a folder without a server that runs.
func inspect(ctx context.Context, dir string) binaries {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // a program of the machine
	if err != nil {
		return binaries{}
	}
	version := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindSubmatch(out)
	if version == nil {
		return binaries{}
	}
	return binaries{dir: dir, version: string(out), major: string(version[1])}
}

func (b binaries) number() int {
	number, _ := strconv.Atoi(b.major) // digits by the pattern, or empty
	return number
}

func (b binaries) usable() bool { return b.number() >= oldest }
