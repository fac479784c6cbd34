//go:build live

// Package policy holds the plans of every stack against controls of AWS: Security Hub's, and best practices of the
// Well-Architected Framework where Security Hub has none. It then breaks each protected property in the plan, and sees
// the rule that protects it fail, and no other.
package policy

import (
	"testing"

	"github.com/agentteam/agentteam/stacks"
)

// The stacks by name, in the order of the report's columns.
const (
	development = "development"
	staging     = "staging"
	production  = "production"
	account     = stacks.AccountName
)

func everyStack() []string        { return []string{development, staging, production, account} }
func everyEnvironment() []string  { return []string{development, staging, production} }
func keepsItsData() []string      { return []string{staging, production} }
func survivesTheLossOf() []string { return []string{production} }
func hasBuckets() []string        { return []string{production, account} }

// allRules are the rules by service.
func allRules() []rule {
	var all []rule
	for _, rules := range [][]rule{
		alarmRules(), apiGatewayRules(), balancerRules(), cacheRules(), databaseRules(), firewallRules(), identityRules(),
		logRules(), networkRules(), registryRules(), secretRules(), storageRules(), taskRules(),
	} {
		all = append(all, rules...)
	}
	return all
}

// TestPolicy plans every stack once; what looks at the plans shares them.
func TestPolicy(t *testing.T) {
	plans := planned(t)
	found := map[string]*stack{}
	for name, plan := range plans {
		found[name] = stackOf(name, plan)
	}
	t.Run("rules", func(t *testing.T) { checkRules(t, found) })
	t.Run("mutations", func(t *testing.T) { checkMutations(t, found) })
	t.Run("costs", func(t *testing.T) { checkCosts(t, plans) })
}
