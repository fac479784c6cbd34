package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func envCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: `Print what a shell needs to use the local AWS API: eval "$(agentteam env)"`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.ErrOrStderr()) // the shell reads standard output
			if err != nil {
				return err
			}
			running, err := p.findEmulator()
			if err != nil {
				return err
			}
			if running == nil {
				return fmt.Errorf("no AWS emulator is running in %s: start it with: agentteam up", p.root)
			}
			c, binary, err := p.deployTools(cmd.Context())
			if err != nil {
				return err
			}
			path := "PATH=" + strings.Join([]string{filepath.Dir(c.binary), filepath.Dir(binary), os.Getenv("PATH")}, ":")
			kept, err := p.keptVariables()
			if err != nil {
				return err
			}
			for _, variable := range slices.Concat(p.env, running.Env(), kept, []string{path}) {
				fmt.Fprintln(cmd.OutOrStdout(), export(variable))
			}
			return nil
		},
	}
}

// export quotes a KEY=value for every POSIX shell. An empty variable of AWS's goes: its CLI looks for a profile of the empty name.
func export(variable string) string {
	name, value, _ := strings.Cut(variable, "=")
	if value == "" && strings.HasPrefix(name, "AWS_") {
		return "unset " + name
	}
	return fmt.Sprintf("export %s='%s'", name, strings.ReplaceAll(value, "'", `'\''`))
}
