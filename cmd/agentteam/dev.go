package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
)

// devExample is the workflow that dev publishes and runs unless it is told another.
const devExample = "research-and-report"

// devOptions are the choices of dev.
type devOptions struct {
	fresh, yes bool
	port       int
	example    string
}

func devCommand() *cobra.Command {
	var options devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run both services on this machine, run a sample workflow, and stay until Ctrl-C",
		Long: `Run both services on this machine with everything they need, without Docker, an AWS account or a key: PostgreSQL,
Redis, and simulated models for each provider whose key is not in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY).

It builds and starts the services, makes a workspace and an API key, publishes examples/` + devExample + `, runs it,
and prints its events. Then it stays until Ctrl-C, which stops everything; a second Ctrl-C kills what is left.
Data, logs and the key stay in .agentteam/dev.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.port < 0 || options.port > 65535 {
				return fmt.Errorf("--port must be from 0 to 65535, got %d", options.port)
			}
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.dev(cmd, options)
		},
	}
	cmd.Flags().BoolVar(&options.fresh, "fresh", false, "forget the data of earlier starts")
	cmd.Flags().BoolVar(&options.yes, "yes", false, "approve the sample's approval without asking")
	cmd.Flags().StringVar(&options.example, "example", devExample, "`folder` of examples/ to publish and run")
	cmd.Flags().IntVar(&options.port, "port", contract.APIGateway().Port, "of the HTTP API on 127.0.0.1; 0, or when it is taken: a free one")
	return cmd
}

func (p *project) devDir() string { return filepath.Join(p.runDir(), "dev") }

// dev holds the folder's lock for as long as anything of it runs.
func (p *project) dev(cmd *cobra.Command, options devOptions) error {
	dir := p.devDir()
	lock, err := devstack.Acquire(dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Release() }() // the process's end releases it too
	if options.fresh {
		for _, name := range []string{devData, devKey} {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	began := time.Now()
	stack, err := devstack.Start(cmd.Context(), devstack.Options{
		Root: p.root, Dir: dir, Data: filepath.Join(dir, devData), Out: p.out, Env: os.Environ(),
		Ports: devstack.Ports{Gateway: options.port, Engine: contract.WorkflowEngine().Port, Samples: devstack.SamplesPort, Metrics: metricsPort},
	})
	if err != nil {
		return interrupted(cmd.Context(), err)
	}
	fmt.Fprintf(p.out, "ready in %.1f s, and %.1f s to build\n", (time.Since(began) - stack.BuildTime).Seconds(), stack.BuildTime.Seconds())
	if err := lock.Describe(fmt.Sprintf("process %d, %s", os.Getpid(), stack.Gateway)); err != nil {
		return errors.Join(err, stack.Stop())
	}
	return p.stay(cmd, stack, options)
}

// What dev keeps in its folder beside logs and binaries.
const (
	devData = "postgres"
	devKey  = "api-key"
)

// sameSignal is how soon after the first a second signal comes that nobody sent: make and timeout pass theirs on.
const sameSignal = 500 * time.Millisecond

const metricsPort = 9464 // that of Prometheus exporters of OpenTelemetry

// stay uses the stack until it is interrupted or a service breaks, and stops it.
func (p *project) stay(cmd *cobra.Command, stack *devstack.Stack, options devOptions) error {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	go func() {
		select {
		case err := <-stack.Ended():
			cancel(err)
		case <-ctx.Done():
		}
	}()
	err := p.sample(ctx, cmd, stack, options)
	if err == nil {
		<-ctx.Done()
	}
	switch cause := context.Cause(ctx); {
	case cmd.Context().Err() != nil:
		err = nil
		fmt.Fprintln(p.out, "\nstopping; Ctrl-C again kills")
	case ctx.Err() != nil:
		err = cause
	}
	return errors.Join(err, p.stopGently(stack))
}

// stopGently stops the stack; one more Ctrl-C kills its services, after which the rest needs no time.
func (p *project) stopGently(stack *devstack.Stack) error {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	stopped := make(chan struct{})
	defer close(stopped)
	began := time.Now()
	go func() {
		for {
			select {
			case <-again:
				if time.Since(began) < sameSignal {
					continue
				}
				fmt.Fprintln(p.out, "killing the services")
				stack.Kill()
			case <-stopped:
				return
			}
		}
	}()
	if err := stack.Stop(); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "stopped in %.1f s; data and logs are in %s\n", time.Since(began).Seconds(), p.devDir())
	return nil
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted: what was started is stopped")
	}
	return err
}

// key gives the key that an earlier start left if it still opens something, else a new one.
func (p *project) key(ctx context.Context, stack *devstack.Stack) (string, error) {
	file := filepath.Join(p.devDir(), devKey)
	if text, err := os.ReadFile(file); err == nil {
		key := strings.TrimSpace(string(text))
		if api.New(stack.Gateway, key).Get(ctx, "/v1/me", nil) == nil {
			return key, nil
		}
	}
	key, err := stack.NewKey(ctx)
	if err != nil {
		return "", err
	}
	return key, os.WriteFile(file, []byte(key+"\n"), 0o600)
}
