//go:build live

// Package lifecycle takes whole environments from nothing to nothing: the real terraform and the real
// AWS provider against a live AWS API.
package lifecycle

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/agentteam/agentteam/internal/livetest"
)

// life is what one environment goes through.
type life struct {
	stack   string
	values  map[string]any    // its tfvars file at first
	change  map[string]any    // what changes in it later
	release map[string]any    // what must change before it may be destroyed
	keys    map[string]string // given with the first apply
	rotated map[string]string // given with the rotation
	trouble bool              // whether things are broken in it for the doctor to find
}

func TestEnvironmentsFromNothingToNothing(t *testing.T) {
	world := livetest.Start(t)
	watch := newStopwatch(t)
	account := newFolder(t, world, watch, "account")
	watch.phase("account", "first run, state moved into its bucket", func() {
		account.tf = world.Account(t, account.log)
	})
	account.plan(t, "plan again", unchanged)
	account.refusesToBeDestroyed(t)

	certificate := world.Certificate(t, "api.example.com")
	secrets := newSecrets()
	// A group, so that all lives end before the search for secrets starts.
	t.Run("lives", func(t *testing.T) {
		for _, l := range []life{development(), production(certificate)} {
			t.Run(l.stack, func(t *testing.T) {
				t.Parallel()
				l.run(t, newFolder(t, world, watch, l.stack), secrets)
			})
		}
		t.Run("staging", func(t *testing.T) {
			t.Parallel()
			operate(t, world, watch, secrets)
		})
	})
	states := world.ObjectVersions(t, livetest.StateBucket(t, filepath.Dir(account.tf.Dir)))
	maps.Copy(states, world.ObjectVersions(t, movedBucket))
	secrets.searchFor(t, states)
}

func development() life {
	return life{
		stack:  "development",
		values: map[string]any{},
		change: map[string]any{
			"desired_count": 2, "log_retention_days": 14, "nat_mode": "none", "interface_endpoints": []string{"ecr.api", "ecr.dkr", "logs", "ssm"},
			"alarms": "few", "flow_logs": "all", "night_begins": "", "night_ends": "",
		},
		keys:    map[string]string{"openai_api_key": "sk-development-first"},
		rotated: map[string]string{"anthropic_api_key": "sk-ant-development-second"},
		trouble: true,
	}
}

func production(certificate string) life {
	return life{
		stack:  "production",
		values: map[string]any{"certificate_arn": certificate, "domain_name": "api.example.com", "alarm_email": "operators@example.com"},
		change: map[string]any{
			"public_subnet_cidrs":   []string{"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"},
			"private_subnet_cidrs":  []string{"10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"},
			"database_subnet_cidrs": []string{"10.0.100.0/24", "10.0.110.0/24", "10.0.120.0/24"},
			"desired_count":         3,
			"max_count":             3,
			"waf":                   false,
			"alb_access_logs":       false,
		},
		release: map[string]any{"deletion_protection": false},
		keys:    map[string]string{"openai_api_key": "sk-production-first", "supabase_service_role_key": "sb_secret_production_first"},
		rotated: map[string]string{"openai_api_key": "sk-production-second"},
	}
}

func (l life) run(t *testing.T, f *folder, secrets *secrets) {
	secrets.give(l.keys, l.rotated)
	f.write(t, l.values)
	f.step(t, "init", func() error { return f.tf.Init(t.Context()) })

	f.give(l.keys)
	f.plan(t, "plan", changed)
	f.apply(t, "apply")
	f.give(nil) // from here on nobody needs the keys
	f.plan(t, "plan after apply", unchanged)
	first := f.stored(t, secrets)
	wantKeys(t, first, l.keys)
	if l.trouble {
		f.watch.phase(l.stack, "the doctor, over seeded troubles", func() { wantTroublesFound(t, f.world, l.stack) })
	}

	values := maps.Clone(l.values)
	maps.Copy(values, l.change)
	f.change(t, "change of tfvars", values)

	values["secrets_version"] = 2
	f.give(l.rotated)
	f.change(t, "rotation of the secrets", values)
	f.give(nil)
	second := f.stored(t, secrets)
	wantRotation(t, f.prefix(), first, second, l)
	f.plan(t, "plan after rotation", unchanged)

	if l.release != nil {
		f.wantProtected(t)
		maps.Copy(values, l.release)
		f.change(t, "release of the protection", values)
	}
	f.step(t, "destroy", func() error { return f.tf.Destroy(t.Context()) })
	f.wantEmptyState(t)
	secrets.look(t, f)
}

// wantRotation checks that generated secrets are new but the credentials' key, that given ones are the given, and that the rest stayed.
func wantRotation(t *testing.T, prefix string, first, second map[string]string, l life) {
	t.Helper()
	for _, name := range []string{"database/password", "internal/auth-key", "database/url"} {
		if path := prefix + name; first[path] == second[path] || second[path] == "" {
			t.Errorf("%s was not rotated", path)
		}
	}
	if path := prefix + "credentials/key"; first[path] != second[path] || second[path] == "" {
		t.Errorf("%s was rotated: nothing that was sealed with it can be opened", path)
	}
	want := map[string]string{}
	maps.Copy(want, l.keys)
	maps.Copy(want, l.rotated)
	wantKeys(t, second, want)
}

// wantKeys compares the stored keys with the given ones; a key that nobody gave is UNSET.
func wantKeys(t *testing.T, stored map[string]string, given map[string]string) {
	t.Helper()
	for variable, path := range map[string]string{
		"supabase_url": "supabase/url", "supabase_anon_key": "supabase/anon-key", "supabase_service_role_key": "supabase/service-role-key",
		"openai_api_key": "openai/api-key", "anthropic_api_key": "anthropic/api-key",
	} {
		want, ok := given[variable]
		if !ok {
			want = "UNSET"
		}
		if got := bySuffix(stored, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func bySuffix(stored map[string]string, path string) string {
	for name, value := range stored {
		if len(name) > len(path) && name[len(name)-len(path):] == path {
			return value
		}
	}
	return "no parameter ends in " + path
}
