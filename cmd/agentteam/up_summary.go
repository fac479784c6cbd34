package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/internal/localcloud"
	"github.com/agentteam/agentteam/internal/terraform"
)

// summary says what runs, what is different on this machine, and what to do next.
func (e *environment) summary(context.Context) error {
	out := e.project.out
	e.project.printOutputValues(e.outputs)
	fmt.Fprintf(out, "\nDifferent on this machine, and nothing else (%s/translation.txt):\n%s", e.dir, indent(e.state.Translation.String()))
	e.project.printTasks(e.state)
	fmt.Fprintf(out, `
Everything keeps running. Next:
  export KEY=%[2]s
  curl -s %[1]s/v1/me -H "Authorization: Bearer $KEY"
  curl -s %[1]s/v1/runs -H "Authorization: Bearer $KEY"
  API documentation: %[1]s/docs   examples: examples/README.md   logs: %[3]s/logs
  make up                         after a change: build, deploy it, roll the tasks
  make status                     what runs and what is deployed
  eval "$(bin/agentteam env)"     point this shell's terraform, cdktf and aws at the local AWS API
  make down                       stop everything; nothing is left
`, e.state.Public, e.key, e.dir)
	return nil
}

func (p *project) printOutputs(ctx context.Context, tf terraform.Runner) error {
	outputs, err := tf.Outputs(ctx)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for name, output := range outputs {
		values[name] = output.Value
		if output.Sensitive {
			values[name] = "(sensitive)"
		}
	}
	p.printOutputValues(values)
	return nil
}

func (p *project) printOutputValues(values map[string]any) {
	fmt.Fprintf(p.out, "\nOutputs of %s:\n", development)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(p.out, "  %-30s %v\n", name, values[name])
	}
}

// printTasks is a line for each task.
func (p *project) printTasks(state localcloud.State) {
	fmt.Fprintf(p.out, "\nTasks (load balancer: %s):\n", state.Public)
	for _, s := range state.Services {
		for _, t := range s.Tasks {
			serving := ""
			if t.Serving {
				serving = "serving"
			}
			fmt.Fprintf(p.out, "  %-44s %s  %-12s %-9s %-7s process %d\n", t.Definition, t.Address, t.Stage, t.Health, serving, t.PID)
		}
		if s.Failure != "" && !s.Steady {
			fmt.Fprintf(p.out, "  %s: %d tasks failed in a row: %s\n", s.Service, s.Failures, s.Failure)
		}
	}
	if state.Problem != "" {
		fmt.Fprintf(p.out, "  %s\n", state.Problem)
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}
