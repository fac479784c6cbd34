package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// decider answers approvals for the person at the terminal, or says how to.
type decider struct {
	client        *api.Client
	in            io.Reader
	out           io.Writer
	yes, terminal bool
}

// decide asks on a terminal. Elsewhere it approves with --yes, or prints the command that does and goes on watching.
func (d decider) decide(ctx context.Context, event api.Event) error {
	var requested struct {
		Approval, Kind, Title, Digest string
	}
	if err := json.Unmarshal(event.Data, &requested); err != nil {
		return fmt.Errorf("event %d: %w", event.Seq, err)
	}
	if requested.Kind != "approval" {
		return nil
	}
	approve := d.yes
	if !d.yes {
		if !d.terminal {
			d.printCommand(requested.Approval, requested.Digest)
			return nil
		}
		var err error
		if approve, err = d.ask(ctx, requested.Approval, requested.Title); err != nil {
			return err
		}
	}
	return d.client.Decide(ctx, requested.Approval, requested.Digest, approve)
}

func (d decider) printCommand(id, digest string) {
	fmt.Fprintf(d.out, `
nobody is here to ask (--yes approves by itself); the run goes on after:
  curl -s %s/v1/approvals/%s:approve -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' \
    -d '{"digest": "%s"}'

`, d.client.URL, id, d.client.Key, digest)
}

// ask shows what the decision is about and reads until the answer is y or n.
func (d decider) ask(ctx context.Context, id, title string) (bool, error) {
	approval, err := d.client.Approval(ctx, id)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(d.out, "\n%s\n", indented(approval.Details))
	answers := make(chan string)
	go read(ctx, d.in, answers)
	for {
		fmt.Fprintf(d.out, "%s [y/n] ", title)
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case answer, open := <-answers:
			switch {
			case !open:
				return false, fmt.Errorf("nobody answered %q: --yes approves without asking", title)
			case answer == "y", answer == "yes":
				return true, nil
			case answer == "n", answer == "no":
				return false, nil
			}
		}
	}
}

// read gives lines until the context ends: a blocked read must not hold up a Ctrl-C.
func read(ctx context.Context, in io.Reader, lines chan<- string) {
	defer close(lines)
	for scanner := bufio.NewScanner(in); scanner.Scan(); {
		select {
		case lines <- strings.ToLower(strings.TrimSpace(scanner.Text())):
		case <-ctx.Done():
			return
		}
	}
}
