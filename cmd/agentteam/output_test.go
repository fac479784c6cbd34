package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/terraform"
)

func TestWriteChanges(t *testing.T) {
	resource := func(address string, actions ...tfjson.Action) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{Address: address, Change: &tfjson.Change{Actions: actions}}
	}
	var out bytes.Buffer
	writeChanges(&out, &tfjson.Plan{
		ResourceChanges: []*tfjson.ResourceChange{
			resource("aws_vpc.main", "no-op"),
			resource("data.aws_partition.current", "read"),
			resource("aws_eip.nat[0]", "create"),
			resource("aws_lb.main", "update"),
			resource("aws_eip.nat[1]", "delete"),
			resource("aws_db_instance.main", "delete", "create"),
			resource("aws_security_group.alb", "create", "delete"),
		},
		OutputChanges: map[string]*tfjson.Change{"vpc_id": {Actions: tfjson.Actions{"update"}}, "api": {Actions: tfjson.Actions{"create"}}},
	})
	want := `  + aws_eip.nat[0]
  ~ aws_lb.main
  - aws_eip.nat[1]
-/+ aws_db_instance.main
-/+ aws_security_group.alb
  + output.api
  ~ output.vpc_id
`
	if out.String() != want {
		t.Errorf("changes:\n%s\nwant:\n%s", &out, want)
	}
}

func TestExplain(t *testing.T) {
	tests := map[string]struct{ diagnostics, want string }{
		"lock, boxed and wrapped": {"│ Error: Error acquiring the state\n│ lock\n│ Lock Info:\n│   ID:        abc-123\n│   Path:      x", "terraform -chdir=stack force-unlock abc-123"},
		"no bucket":               {`Error: S3 bucket "x" does not exist.`, "agentteam bootstrap"},
		"wrong value":             {"Error: Invalid value for variable", "terraform.tfvars"},
		"protected":               {"Error: Instance cannot be destroyed", "protected on purpose"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := explain(&terraform.Error{Command: "plan", Diagnostics: test.diagnostics, Err: errors.New("exit status 1")}, "stack")
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nlacks %q", err, test.want)
			}
		})
	}
	unknown := &terraform.Error{Command: "apply", Diagnostics: "Error: creating RDS DB Instance", Err: errors.New("exit status 1")}
	if got := explain(unknown, "stack"); got != error(unknown) { //nolint:errorlint // it itself, not what wraps it
		t.Errorf("an unknown error became %v", got)
	}
}

func TestProgressKeepsTheLastWholeLine(t *testing.T) {
	p := newProgress(t.Output(), "development")
	for _, part := range []string{"development  aws_vpc.main: Creat", "ing...\n\x1b[0m\n", "         aws_lb.main: Still creating... [10s elapsed]\n", "half a li"} {
		if _, err := p.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if want := "aws_lb.main: Still creating... [10s elapsed]"; p.last != want {
		t.Errorf("last line is %q, want %q", p.last, want)
	}
}

func TestErrorLines(t *testing.T) {
	log := strings.Repeat("noise\n", 50) + "Error: creating VPC\n\n  quota\n"
	if got, want := errorLines(log), "Error: creating VPC\n\n  quota"; got != want {
		t.Errorf("errorLines = %q, want %q", got, want)
	}
	if got := strings.Count(errorLines(strings.Repeat("noise\n", 50)), "noise"); got != 30 {
		t.Errorf("a log without an error shows %d lines, want its last 30", got)
	}
}

func TestExitCode(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		ctx  context.Context //nolint:containedctx // a table's argument
		err  error
		want int
	}{
		{t.Context(), nil, 0},
		{t.Context(), errors.New("x"), 1},
		{t.Context(), errChanges, 2},
		{interrupted, errors.New("x"), 130},
	}
	for _, test := range tests {
		if got := exitCode(test.ctx, test.err); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}
