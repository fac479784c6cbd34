// Command benchservices measures both services beside peers that do the same work on the same machine, in the same
// run: a loop that commits a row per step, plain DBOS, and FastAPI. Run it from the module's root: go run ./cmd/benchservices.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// options are the sizes of the measurements.
type options struct {
	rounds      int
	workflows   int
	concurrency int
	seconds     int    // that each load on a server lasts
	only        string // part to measure; empty: all
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "n", 3, "`rounds`, each of which measures every case once")
	flag.IntVar(&o.workflows, "workflows", 1000, "`workflows` of five steps in a round")
	flag.IntVar(&o.concurrency, "concurrency", 50, "`workflows` at once")
	flag.IntVar(&o.seconds, "seconds", 5, "`seconds` that each server is under load")
	flag.StringVar(&o.only, "only", "", "`part` to measure: memory, steps, latency, fan-out, gateway, streams, teams or start; all without it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchservices:", err)
		os.Exit(1)
	}
}

// part is a measurement by itself.
type part struct {
	name    string
	measure func(context.Context, *world, options) error
}

func bench(ctx context.Context, o options) error {
	for name, value := range map[string]int{"-n": o.rounds, "-workflows": o.workflows, "-concurrency": o.concurrency, "-seconds": o.seconds} {
		if value < 1 {
			return fmt.Errorf("%s must be 1 or more, got %d", name, value)
		}
	}
	parts := []part{
		{"memory", benchMemory}, {"steps", benchSteps}, {"latency", benchLatency}, {"fan-out", benchFanOut}, {"gateway", benchGateway}, {"streams", benchStreams},
		{"teams", benchTeams}, {"start", benchStart},
	}
	if o.only != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == o.only }) {
		return fmt.Errorf("there is no part %q to measure; -help lists them", o.only)
	}
	w, err := newWorld(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	for _, part := range parts {
		if o.only != "" && o.only != part.name {
			continue
		}
		if err := part.measure(ctx, w, o); err != nil {
			return err
		}
	}
	return nil
}
