package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/localcloud"
)

// modelChoice says which providers' models are simulated. It is kept, since stored keys change only with the version of
// the secrets: another choice raises that.
type modelChoice struct {
	Simulated      []string
	SecretsVersion int
}

// chooseModels simulates the models of every provider whose key is not in the environment.
func (p *project) chooseModels(state localcloud.State) (modelChoice, error) {
	file := filepath.Join(p.cloudDir(), "models.json")
	now, err := nextChoice(file)
	if err != nil {
		return now, err
	}
	if len(now.Simulated) > 0 {
		fmt.Fprintf(p.out, "models of %s: SIMULATED, on %s (a key in the environment switches the simulation off)\n", strings.Join(now.Simulated, " and "), state.Models)
	}
	text, err := json.Marshal(now)
	if err != nil {
		return now, err
	}
	return now, os.WriteFile(file, text, 0o644)
}

// nextChoice is what the environment says, after what an earlier up kept in the file.
func nextChoice(file string) (modelChoice, error) {
	now := modelChoice{SecretsVersion: 1}
	for _, provider := range devstack.Providers() {
		if key := os.Getenv(provider.Key); key == "" || key == contract.Unset {
			now.Simulated = append(now.Simulated, provider.Name)
		}
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return now, nil
	}
	var before modelChoice
	if err == nil {
		err = json.Unmarshal(text, &before)
	}
	if err != nil {
		return now, fmt.Errorf("read %s: %w", file, err)
	}
	now.SecretsVersion = before.SecretsVersion
	if !slices.Equal(now.Simulated, before.Simulated) {
		now.SecretsVersion++
	}
	return now, nil
}

// variables are what Terraform is to know of models and of the examples' server. A Terraform variable is called as the
// service's variable is, in lower case.
func (m modelChoice) variables(state localcloud.State) []string {
	set := func(name, value string) string { return "TF_VAR_" + strings.ToLower(name) + "=" + value }
	variables := make([]string, 0, 2+2*len(devstack.Providers()))
	variables = append(variables, set("secrets_version", strconv.Itoa(m.SecretsVersion)), set(contract.OutboundAllow, hostOf(state.Samples)))
	for _, provider := range devstack.Providers() {
		key, base := os.Getenv(provider.Key), os.Getenv(provider.Base)
		if slices.Contains(m.Simulated, provider.Name) {
			key, base = devstack.SimulatedKey, state.Models+provider.Path
		}
		variables = append(variables, set(provider.Key, key), set(provider.Base, base))
	}
	return variables
}

// hostOf and hostPort are parts of a base URL that we made.
func hostOf(base string) string {
	at, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

func hostPort(base string) string { return strings.TrimPrefix(base, "http://") }
