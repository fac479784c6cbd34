package localcloud

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/agentteam/agentteam/internal/fargate"
)

// Row is one thing that is different on this machine.
type Row struct {
	What, Deployed, Here string
}

// Translation is everything that is different on this machine, for people to read. What is not in it is as deployed.
type Translation []Row

// String is the translation as a table.
func (t Translation) String() string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tdeployed\ton this machine")
	for _, row := range t {
		fmt.Fprintf(table, "%s\t%s\t%s\n", row.What, row.Deployed, row.Here)
	}
	_ = table.Flush() // writes to memory: cannot fail
	return text.String()
}

// translate says what stands for what now.
func (c *Cloud) translate(definitions []fargate.Definition) Translation {
	t := Translation{
		{"address", "0.0.0.0, where a task listens", fmt.Sprintf("the task's own, %s to %s", c.block.address(firstTask), c.block.address(lastTask))},
		{"images", "*.dkr.ecr.*.amazonaws.com", c.state.Registry},
	}
	named := c.names.snapshot()
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if name == "localhost" {
			continue
		}
		var addresses []string
		for _, address := range named[name] {
			addresses = append(addresses, address.String())
		}
		t = append(t, Row{"name", name, strings.Join(addresses, ", ")})
	}
	for _, group := range slices.Sorted(maps.Keys(c.endpoints.Doors)) {
		t = append(t, Row{"load balancer", c.endpoints.Doors[group].URL, c.state.Public})
	}
	if c.cache != nil {
		t = append(t, Row{"Redis", "ElastiCache", c.cache.kind})
	}
	groups, architectures := map[string]bool{}, map[string]bool{}
	for _, d := range definitions {
		groups[d.Container.LogGroup], architectures[d.Architecture] = true, true
	}
	for _, architecture := range slices.Sorted(maps.Keys(architectures)) {
		t = append(t, Row{"processor", architecture, strings.ToUpper(runtime.GOARCH)})
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		t = append(t, Row{"logs", "CloudWatch " + group, c.logs()})
	}
	return append(t,
		Row{"certificates", "Amazon's, for the data stores", "a local authority's, trusted by the tasks alone: " + rootsPath},
		Row{"health check", "first after its interval", "each second until it passes"},
	)
}
