// Package smoke tries a deployed environment over its public URL, as a client does who has an API key and nothing else. It needs
// no model, leaves nothing behind, and costs nothing.
package smoke

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// Options are what is tried, and how.
type Options struct {
	URL     string // base, without /v1
	Key     string // of a role that may publish and run: editor or admin
	Version string // of both services; until it answers, a rollout is waited for. Empty: any will do
	Limit   time.Duration
	Out     io.Writer // a line for each check
}

// cleanUp is the time that is left for removing what a check made, when the limit is over.
const cleanUp = 10 * time.Second

// trial is one run of the checks, with what they pass on.
type trial struct {
	Options
	client   *api.Client
	nonce    string
	workflow string
	run      string
	read     int64 // events, as far as the first connection gave them
}

// check is one promise of an environment. Its advice is for whom it failed.
type check struct {
	name   string
	try    func(context.Context) (found string, err error)
	advice string
}

// Run tries everything in order and ends with the first check that fails. What it made is removed either way.
func Run(ctx context.Context, options Options) error {
	t := &trial{Options: options, nonce: rand.Text(), client: &api.Client{URL: strings.TrimRight(options.URL, "/"), Key: options.Key, HTTP: http.DefaultClient}}
	limited, cancel := context.WithTimeoutCause(ctx, options.Limit, fmt.Errorf("the limit of %s for the whole is over", options.Limit))
	defer cancel()
	err := t.all(limited)
	if t.workflow == "" {
		return err
	}
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return errors.Join(err, t.perform(rest, t.removal()))
}

func (t *trial) all(ctx context.Context) error {
	for _, c := range t.checks() {
		if err := t.perform(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) perform(ctx context.Context, c check) error {
	began := time.Now()
	found, err := c.try(ctx)
	verdict := "ok"
	if err != nil {
		verdict = "FAILED"
	}
	fmt.Fprintf(t.Out, "%-6s %6.2f s  %-8s %s\n", verdict, time.Since(began).Seconds(), c.name, found)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return fmt.Errorf("%s: %w\n\nWhat to do: %s", c.name, err, c.advice)
}
