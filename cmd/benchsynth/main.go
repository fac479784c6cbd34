// Command benchsynth measures synthesis: the app, the app with jsii as it comes, and for comparison an empty stack, and
// fails if both ways do not give the same JSON. Run it from the module's root: go run ./cmd/benchsynth [-n 5].
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/agentteam/agentteam/internal/fastsynth"
)

func main() {
	rounds := flag.Int("n", 5, "`rounds`, each of which runs every case once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx, *rounds)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchsynth:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, rounds int) error {
	if rounds < 1 {
		return fmt.Errorf("-n must be 1 or more, got %d", rounds)
	}
	folder, err := os.MkdirTemp("", "benchsynth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cases, err := build(ctx, folder)
	if err != nil {
		return err
	}
	if err := measure(ctx, cases, rounds, filepath.Join(folder, "cdktf.out")); err != nil {
		return err
	}
	if err := printTable(os.Stdout, cases); err != nil {
		return err
	}
	return reportJSON(cases)
}

// build compiles the two programs, so that the figures hold no compiling; each runs both ways.
func build(ctx context.Context, folder string) ([]*benchCase, error) {
	app, empty := filepath.Join(folder, "synth"), filepath.Join(folder, "emptystack")
	for program, source := range map[string]string{app: ".", empty: "./cmd/benchsynth/emptystack"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", program, source)
		if output, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build %s (run benchsynth from the module's root): %w\n%s", source, err, output)
		}
	}
	return []*benchCase{
		{name: "app", program: app, fast: true},
		{name: "app, stock jsii", program: app},
		{name: "empty stack", program: empty, fast: true},
		{name: "empty stack, stock jsii", program: empty},
	}, nil
}

// measure fills jsii's caches with one uncounted run, then interleaves the cases, so that a busy spell of the machine
// falls on all of them.
func measure(ctx context.Context, cases []*benchCase, rounds int, out string) error {
	fmt.Fprintln(os.Stderr, "warming up (the first run on a machine fills jsii's caches)")
	if _, err := cases[0].run(ctx, out); err != nil {
		return err
	}
	for round := range rounds {
		for _, c := range cases {
			sample, err := c.run(ctx, out)
			if err != nil {
				return err
			}
			c.samples = append(c.samples, sample)
			fmt.Fprintf(os.Stderr, "round %d of %d: %s: %.2f s\n", round+1, rounds, c.name, sample.wall.Seconds())
		}
	}
	return nil
}

// reportJSON compares every counted run of the app with its first.
func reportJSON(cases []*benchCase) error {
	app, stock := cases[0], cases[1]
	want := app.samples[0].stacks
	for _, c := range []*benchCase{app, stock} {
		for i, sample := range c.samples {
			if name := firstDifference(want, sample.stacks); name != "" {
				return fmt.Errorf("the JSON of stack %q differs between round 1 of %q and round %d of %q; "+
					"%s=1 gives the JSON of jsii as it comes", name, app.name, i+1, c.name, fastsynth.OptOut)
			}
		}
	}
	if len(want) == 0 {
		return errors.New("the app has synthesized no stack")
	}
	fmt.Printf("\nJSON of %d stacks: byte-identical in both modes, all rounds\n", len(want))
	return nil
}
