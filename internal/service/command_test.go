package service_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/service"
)

// run executes a sample program's command line, whose commands give an error, and gives its output and the
// address it was to serve on.
func run(t *testing.T, probe error, arguments ...string) (output, served string, err error) {
	t.Helper()
	command := service.Command(service.Program{
		Name:        "sample",
		Summary:     "A sample service.",
		Environment: contract.EngineEnvironment(),
		Serve:       func(_ context.Context, o service.Options) error { served = o.Listen; return nil },
		Probe:       func(context.Context, service.Options) error { return probe },
		Migrate:     func(context.Context) error { return probe },
		Commands:    []*cobra.Command{{Use: "greet", Run: func(cmd *cobra.Command, _ []string) { cmd.Print("hello") }}},
	})
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetArgs(arguments)
	err = command.ExecuteContext(t.Context())
	return out.String(), served, err
}

func TestCommandServes(t *testing.T) {
	if _, served, err := run(t, nil, "--listen", ":7"); err != nil || served != ":7" {
		t.Errorf("served on %q, %v", served, err)
	}
}

func TestCommandHelpNamesEveryVariable(t *testing.T) {
	output, _, err := run(t, nil, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range contract.EngineEnvironment() {
		if !strings.Contains(output, v.Name) || !strings.Contains(output, v.Purpose) {
			t.Errorf("--help does not tell about %s:\n%s", v.Name, output)
		}
	}
}

func TestCommandHealthcheck(t *testing.T) {
	output, _, err := run(t, nil, contract.HealthcheckCommand)
	if err != nil || output != "sample: healthy\n" {
		t.Errorf("got %q, %v", output, err)
	}
	_, _, err = run(t, errors.New("connection refused"), contract.HealthcheckCommand)
	if err == nil || err.Error() != "unhealthy: connection refused" {
		t.Errorf("got %v", err)
	}
}

func TestCommandMigrates(t *testing.T) {
	if output, _, err := run(t, nil, "migrate"); err != nil || output != "sample: the database is up to date\n" {
		t.Errorf("got %q, %v", output, err)
	}
	if _, _, err := run(t, errors.New("no route to host"), "migrate"); err == nil || err.Error() != "migrate: no route to host" {
		t.Errorf("got %v", err)
	}
}

func TestCommandHasTheProgramsOwnCommands(t *testing.T) {
	if output, _, err := run(t, nil, "greet"); err != nil || output != "hello" {
		t.Errorf("got %q, %v", output, err)
	}
}

func TestCommandRefusesBadArguments(t *testing.T) {
	for want, arguments := range map[string][]string{
		"--drain-delay must be from 0s to 30s, got 31s": {"--drain-delay", "31s"},
		`unknown command "serve"`:                       {"serve"},
		"unknown flag: --port":                          {"--port", "1"},
	} {
		if _, served, err := run(t, nil, arguments...); err == nil || !strings.Contains(err.Error(), want) || served != "" {
			t.Errorf("%v: want %q, got %v", arguments, want, err)
		}
	}
}
