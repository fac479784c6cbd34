package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/localcloud"
)

// cloudCommand is the process that up leaves running beside the AWS API.
func cloudCommand() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:    "cloud DIR",
		Short:  "Run what is deployed on a local AWS API, until it is interrupted; up starts it",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := config.LoadDefaultConfig(cmd.Context())
			if err != nil {
				return err
			}
			c, err := localcloud.Start(cmd.Context(), localcloud.Options{
				AWS: loaded, Dir: args[0], Data: filepath.Join(args[0], "postgres"), Port: port, Out: cmd.OutOrStdout(),
			})
			if err != nil {
				return err
			}
			return c.Run(cmd.Context())
		},
	}
	cmd.Flags().IntVar(&port, "http-port", 0, "of the load balancer on 127.0.0.1")
	return cmd
}

func (p *project) cloudDir() string { return filepath.Join(p.runDir(), "cloud") }

// startCloud finds the cloud that an earlier up left beside this AWS API, or starts one.
func (p *project) startCloud(cmd *cobra.Command, port int, api *emulator.Emulator) (localcloud.State, error) {
	state, found, err := localcloud.Find(p.cloudDir())
	if err != nil || found && state.API == api.URL() {
		return state, err
	}
	if found { // its API has gone
		if err := state.Stop(); err != nil {
			return state, err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return state, err
	}
	state, err = localcloud.StartDetached(cmd.Context(), localcloud.Launch{
		Command: []string{program, "cloud", "--http-port", strconv.Itoa(port), p.cloudDir()}, Env: api.Env(), Dir: p.cloudDir(),
	})
	if err != nil {
		return state, fmt.Errorf("%w\n\nWhat to do: install what it misses; if a port is taken, make up ARGS=\"--http-port 0\"", err)
	}
	return state, nil
}
