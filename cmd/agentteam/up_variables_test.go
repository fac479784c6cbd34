package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/localcloud"
)

// A shell plans with what up deployed with, and learns no key.
func TestShellsPlanAsUpDid(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-real")
	t.Setenv("ANTHROPIC_API_KEY", "UNSET")
	out := &strings.Builder{}
	p := &project{root: t.TempDir(), out: out}
	if kept, err := p.keptVariables(); kept != nil || err != nil {
		t.Errorf("before: %v, %v", kept, err)
	}
	if err := os.MkdirAll(p.cloudDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	state := localcloud.State{Models: "http://127.77.0.1:8098", Samples: "http://127.77.0.1:8099"}
	choice, err := p.chooseModels(state)
	if err != nil || !slices.Equal(choice.Simulated, []string{"anthropic"}) || !strings.Contains(out.String(), "models of anthropic: SIMULATED") {
		t.Fatalf("%+v, %v: %s", choice, err, out)
	}
	variables := choice.variables(state)
	for _, want := range []string{"TF_VAR_openai_api_key=sk-real", "TF_VAR_openai_base_url=", "TF_VAR_anthropic_api_key=simulated",
		"TF_VAR_anthropic_base_url=http://127.77.0.1:8098", "TF_VAR_outbound_allow=127.77.0.1", "TF_VAR_secrets_version=1"} {
		if !slices.Contains(variables, want) {
			t.Errorf("%s is missing in %q", want, variables)
		}
	}
	if err := p.keepVariables(variables); err != nil {
		t.Fatal(err)
	}
	kept, err := p.keptVariables()
	want := []string{"TF_VAR_secrets_version=1", "TF_VAR_outbound_allow=127.77.0.1", "TF_VAR_openai_base_url=", "TF_VAR_anthropic_base_url=http://127.77.0.1:8098"}
	if err != nil || !slices.Equal(kept, want) {
		t.Errorf("kept %q, %v; want %q", kept, err, want)
	}

	// Another choice stores other keys, which takes another version.
	t.Setenv("ANTHROPIC_API_KEY", "sk-ant-real")
	if choice, err = p.chooseModels(state); err != nil || choice.SecretsVersion != 2 || len(choice.Simulated) != 0 {
		t.Errorf("with both keys: %+v, %v", choice, err)
	}
	if choice, err = p.chooseModels(state); err != nil || choice.SecretsVersion != 2 {
		t.Errorf("the same again: %+v, %v", choice, err)
	}
	if text, err := os.ReadFile(filepath.Join(p.cloudDir(), "models.json")); err != nil || strings.Contains(string(text), "sk-") {
		t.Errorf("%v; the file holds a key: %s", err, text)
	}
}
