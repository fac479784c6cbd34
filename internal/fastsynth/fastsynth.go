// Package fastsynth makes synthesis about three times faster and smaller than jsii's defaults, with the same JSON:
// go run ./cmd/benchsynth shows by how much here. It hands Node a small preload, which above all keeps jsii from loading
// all the AWS bindings for the few that a stack uses. Set AGENTTEAM_STOCK_JSII=1 to run jsii as it comes, for example
// to rule this package out of a problem.
package fastsynth

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/aws/jsii-runtime-go"
)

// OptOut names the environment variable that, set to any value, leaves jsii as it comes. The preload honours it too,
// since a child process may inherit the NODE_OPTIONS that Enable has set.
const OptOut = "AGENTTEAM_STOCK_JSII"

// stockNodeOptions is what jsii gives to Node when NODE_OPTIONS is unset: 4 GB of heap, which reading the bindings'
// description the first time may need.
const stockNodeOptions = "--max-old-space-size=4069"

//go:embed preload.cjs
var preload []byte

// Enable puts the preload in front of every jsii kernel that starts from now on: call it first in main and in TestMain.
// On an error jsii still works as it comes, slower: print the error and go on.
func Enable() error {
	if os.Getenv(OptOut) != "" {
		return nil
	}
	file, err := install()
	if err != nil {
		return fmt.Errorf("synthesis takes about three times as long as it could: %w (fix that, or set %s=1 to hide this)", err, OptOut)
	}
	if err := os.Setenv("NODE_OPTIONS", withPreload(os.Getenv("NODE_OPTIONS"), file)); err != nil {
		return fmt.Errorf("set NODE_OPTIONS for jsii: %w", err)
	}
	// jsii copied the environment when its package was initialised. Closing makes the next use start from the new one.
	jsii.Close()
	return nil
}

// withPreload adds the preload to the options of a user or of a parent process that has called Enable.
func withPreload(options, file string) string {
	if options == "" {
		options = stockNodeOptions
	}
	require := "--require " + quote(file)
	if strings.Contains(options, require) {
		return options
	}
	return options + " " + require
}

// quote writes a path as NODE_OPTIONS wants it: spaces need double quotes, within which a backslash escapes.
func quote(file string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(file) + `"`
}
