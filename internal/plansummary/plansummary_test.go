package plansummary_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/plansummary"
)

func write(plan *tfjson.Plan) string {
	var out bytes.Buffer
	plansummary.Write(&out, "staging", plan)
	return out.String()
}

func resource(address string, c tfjson.Change) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{Address: address, Change: &c}
}

func TestWhatIsLostStandsFirstAndNoValueAnywhere(t *testing.T) {
	values := map[string]any{"engine": "16", "password": "hunter2", "size": 1.0, "same": "hunter3"}
	changed := map[string]any{"engine": "17", "password": "hunter4", "same": "hunter3"}
	got := write(&tfjson.Plan{
		ResourceChanges: []*tfjson.ResourceChange{
			resource("data.aws_partition.current", tfjson.Change{Actions: tfjson.Actions{"read"}}),
			resource("aws_vpc.main", tfjson.Change{Actions: tfjson.Actions{"no-op"}}),
			resource(`aws_eip.nat["a"]`, tfjson.Change{Actions: tfjson.Actions{"create"}, After: values}),
			resource("aws_lb.main", tfjson.Change{Actions: tfjson.Actions{"update"}, Before: values, After: changed, AfterUnknown: map[string]any{"arn": true, "tags": map[string]any{}}}),
			resource("aws_ecr_repository.main", tfjson.Change{Actions: tfjson.Actions{"forget"}}),
			resource("aws_eip.old", tfjson.Change{Actions: tfjson.Actions{"delete"}, Before: values}),
			resource("aws_db_instance.main", tfjson.Change{Actions: tfjson.Actions{"create", "delete"}, Before: values, After: changed, ReplacePaths: []any{[]any{"engine"}}}),
		},
		OutputChanges: map[string]*tfjson.Change{"vpc_id": {Actions: tfjson.Actions{"update"}, Before: "hunter5"}},
	})
	want := "### staging\n\n**1 to replace, 1 to destroy, 1 to change, 1 to create, 1 to forget**\n\n" +
		"- ⚠️ **replace** `aws_db_instance.main`, because of `engine`\n" +
		"- ⚠️ **destroy** `aws_eip.old`\n" +
		"- change `aws_lb.main`\n" +
		"- create `aws_eip.nat[\"a\"]`\n" +
		"- forget `aws_ecr_repository.main`\n" +
		"- outputs: `vpc_id`\n" +
		"\n<details><summary>Attributes that differ, without their values</summary>\n\n" +
		"- `aws_db_instance.main`: `engine`, `password`, `size`\n" +
		"- `aws_lb.main`: `arn`, `engine`, `password`, `size`\n" +
		"\n</details>\n\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if strings.Contains(got, "hunter") {
		t.Error("a value is in the summary")
	}
}

func TestNoChanges(t *testing.T) {
	unchanged := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{resource("aws_vpc.main", tfjson.Change{Actions: tfjson.Actions{"no-op"}})}}
	if got, want := write(unchanged), "### staging\n\nNo changes.\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
