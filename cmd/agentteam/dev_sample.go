package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
)

// sample runs the example, and then says how to go on.
func (p *project) sample(ctx context.Context, cmd *cobra.Command, stack *devstack.Stack, options devOptions) error {
	key, err := p.key(ctx, stack)
	if err != nil {
		return err
	}
	client := api.New(stack.Gateway, key)
	example, err := stack.Example(options.example)
	if err != nil {
		return err
	}
	workflow, err := p.runExample(ctx, cmd, client, example, options.yes)
	if err != nil {
		return err
	}
	p.printNext(stack, key, workflow, example)
	return nil
}

// runExample publishes an example, runs it, shows its events, and gives the workflow's id.
func (p *project) runExample(ctx context.Context, cmd *cobra.Command, client *api.Client, example devstack.Example, yes bool) (string, error) {
	workflow, err := client.Publish(ctx, example.Document)
	if err != nil {
		return "", err
	}
	run, err := client.Start(ctx, workflow.ID, example.Inputs)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(p.out, "\nrun %s of workflow %s, version %d (examples/%s):\n", run.ID, workflow.ID, workflow.Version, example.Name)
	show := narrator{out: p.out}
	ask := decider{client: client, out: p.out, in: cmd.InOrStdin(), yes: yes, terminal: isTerminal(cmd)}
	err = client.Follow(ctx, run.ID, func(event api.Event) error {
		show.tell(event)
		if event.Type == "approval.requested" {
			return ask.decide(ctx, event)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return workflow.ID, p.printRun(ctx, client, run.ID)
}

// isTerminal says whether there is somebody to ask.
func isTerminal(cmd *cobra.Command) bool {
	in, isFile := cmd.InOrStdin().(*os.File)
	return isFile && isatty.IsTerminal(in.Fd())
}

func (p *project) printRun(ctx context.Context, client *api.Client, id string) error {
	run, err := client.Run(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nthe run %s: %d steps, %d model calls, %d tool calls, %d tokens in, %d out, %.6f USD\n", run.Status,
		run.Usage.Steps, run.Usage.ModelCalls, run.Usage.ToolCalls, run.Usage.InputTokens, run.Usage.OutputTokens, run.Usage.CostUSD)
	var outputs map[string]json.RawMessage
	if json.Unmarshal(run.Outputs, &outputs) == nil {
		for _, name := range sortedKeys(outputs) {
			fmt.Fprintf(p.out, "  %s: %s\n", name, oneLine(text(outputs[name]), 400))
		}
	}
	return nil
}

// printNext are commands to paste.
func (p *project) printNext(stack *devstack.Stack, key, workflow string, example devstack.Example) {
	fmt.Fprintf(p.out, `
The services stay until Ctrl-C. In another terminal:
  export KEY=%[2]s
  curl -s %[1]s/v1/me -H "Authorization: Bearer $KEY"
  curl -s %[1]s/v1/runs -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
    -d '{"workflow": "%[3]s", "inputs": %[4]s}'
  curl -sN %[1]s/v1/runs/RUN/events -H "Authorization: Bearer $KEY" -H 'Accept: text/event-stream'
  curl -s '%[1]s/v1/approvals?run_id=RUN' -H "Authorization: Bearer $KEY"
API documentation: %[1]s/docs   metrics: %[1]s/metrics, http://%[5]s/metrics   logs: %[6]s/logs
`, stack.Gateway, key, workflow, compact(example.Inputs), stack.Metrics, p.devDir())
}
