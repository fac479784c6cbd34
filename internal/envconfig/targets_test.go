package envconfig_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

type limited struct {
	Allow    envconfig.AllowedTargets `env:"OUTBOUND_ALLOW"`
	Requests envconfig.PerMinute      `env:"OPENAI_REQUESTS_PER_MINUTE"`
}

func TestTargetsAndLimits(t *testing.T) {
	got, err := envconfig.Load[limited]([]string{"OUTBOUND_ALLOW=10.1.0.0/16, CRM.internal,::1,127.0.0.1", "OPENAI_REQUESTS_PER_MINUTE=500"}, contract.EngineEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	want := limited{Requests: 500, Allow: envconfig.AllowedTargets{
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.1/32")},
		Hosts:    []string{"crm.internal"},
	}}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedTargetsAndLimits(t *testing.T) {
	for _, assignment := range []string{
		"OUTBOUND_ALLOW=10.1.2.3/16", "OUTBOUND_ALLOW=a,,b", "OUTBOUND_ALLOW=http://crm.internal", "OUTBOUND_ALLOW=crm:8080",
		"OUTBOUND_ALLOW=*.internal", "OUTBOUND_ALLOW=10.1.0.0/33", "OUTBOUND_ALLOW=0177.0.0.1", "OUTBOUND_ALLOW=fe80::1%eth0", "OUTBOUND_ALLOW=-a.b",
		"OUTBOUND_ALLOW=" + strings.Repeat("a,", 100) + "a",
		"OPENAI_REQUESTS_PER_MINUTE=0", "OPENAI_REQUESTS_PER_MINUTE=100001", "OPENAI_REQUESTS_PER_MINUTE=many", "OPENAI_REQUESTS_PER_MINUTE=1.5",
	} {
		name, _, _ := strings.Cut(assignment, "=")
		_, err := envconfig.Load[limited]([]string{assignment}, contract.EngineEnvironment())
		if err == nil || !strings.Contains(err.Error(), "1 problem:\n  "+name+" must ") {
			t.Errorf("%s: want one problem, got %v", assignment, err)
		}
	}
}

func FuzzAllowedTargets(f *testing.F) {
	f.Add("10.0.0.0/8,crm.internal")
	f.Add("::ffff:10.0.0.1, a")
	f.Fuzz(func(t *testing.T, text string) {
		var targets envconfig.AllowedTargets
		if targets.UnmarshalText([]byte(text)) != nil {
			return
		}
		for _, host := range targets.Hosts {
			if strings.ContainsAny(host, " /:@,*") {
				t.Errorf("%q gives the host %q", text, host)
			}
		}
	})
}
