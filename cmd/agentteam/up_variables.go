package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/internal/devstack"
)

func (p *project) variablesFile() string { return filepath.Join(p.cloudDir(), "variables") }

// keepVariables keeps what up gives to Terraform for the shells that env points here: without it they would plan to take
// it back. Keys are not kept: they are stored once, and a plan needs none.
func (p *project) keepVariables(variables []string) error {
	kept := slices.DeleteFunc(slices.Clone(variables), func(variable string) bool {
		return slices.ContainsFunc(devstack.Providers(), func(provider devstack.Provider) bool {
			return strings.HasPrefix(variable, "TF_VAR_"+strings.ToLower(provider.Key)+"=")
		})
	})
	return os.WriteFile(p.variablesFile(), []byte(strings.Join(kept, "\n")), 0o644)
}

// keptVariables are none where no up has run tasks.
func (p *project) keptVariables() ([]string, error) {
	text, err := os.ReadFile(p.variablesFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Split(string(text), "\n"), err
}
