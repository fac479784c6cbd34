// Command agentteam is the developer's tool: it runs a whole environment on a local AWS API, and plans,
// deploys and destroys environments wherever the usual AWS environment variables point.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

const (
	exitFailure     = 1
	exitChanges     = 2   // as terraform plan -detailed-exitcode
	exitInterrupted = 130 // as a shell reports Ctrl-C
)

// errChanges is how a command that found changes ends when its caller asked to be told.
var errChanges = errors.New("there are changes")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	code := exitCode(ctx, err)
	stop()
	if err != nil && !errors.Is(err, errChanges) {
		fmt.Fprintln(os.Stderr, "agentteam:", err)
	}
	os.Exit(code)
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errChanges):
		return exitChanges
	case ctx.Err() != nil:
		return exitInterrupted
	default:
		return exitFailure
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "agentteam",
		Short:         "Run, plan and deploy Agent Team's environments",
		SilenceUsage:  true, // the message is enough
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		devCommand(), upCommand(), cloudCommand(), downCommand(), statusCommand(), envCommand(),
		synthCommand(), planCommand(), diffCommand(), costCommand(), deployCommand(), destroyCommand(), bootstrapCommand(),
		imagesCommand(), smokeCommand(), doctorCommand(), planSummaryCommand(), driftCommand(),
	)
	return root
}

// oneEnvironment is the argument of every command that works on one stack.
func oneEnvironment(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one environment, got %d: write agentteam %s development", cmd.Name(), len(args), cmd.Name())
	}
	return nil
}
