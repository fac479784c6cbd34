package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/envconfig"
	"github.com/agentteam/agentteam/internal/identity"
)

// databaseOnly is what commands read that need nothing but the database.
type databaseOnly struct {
	DatabaseURL envconfig.PostgresURL `env:"DATABASE_URL"`
}

func databaseURL() (string, error) {
	cfg, err := envconfig.Load[databaseOnly](os.Environ(), contract.GatewayEnvironment())
	return cfg.DatabaseURL.Reveal(), err
}

func migrate(ctx context.Context) error {
	url, err := databaseURL()
	if err != nil {
		return err
	}
	return database.Migrate(ctx, url)
}

// apiKey is how the first way into a new installation is made: by who has its database.
func apiKey() *cobra.Command {
	group := &cobra.Command{Use: "api-key", Short: "Make API keys as the operator of this installation"}
	var workspace, role string
	create := &cobra.Command{
		Use:   "create",
		Short: "Make an API key and print it: the only time that it is shown",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return createKey(cmd, workspace, identity.Role(role))
		},
	}
	create.Flags().StringVar(&workspace, "workspace", "", "id of a workspace, or the name of a new one")
	create.Flags().StringVar(&role, "role", string(identity.Admin), "what the key may do: "+roles())
	_ = create.MarkFlagRequired("workspace") // fails only for a flag that is not there
	group.AddCommand(create)
	return group
}

func createKey(cmd *cobra.Command, workspace string, role identity.Role) error {
	ctx := cmd.Context()
	url, err := databaseURL()
	if err != nil {
		return err
	}
	pool, err := database.Open(ctx, url, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	id, secret, err := accounts.CreateWorkspaceWithKey(ctx, pool, workspace, role)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "workspace %s\n", id)
	_, err = fmt.Fprintln(cmd.OutOrStdout(), secret) // alone on its stream, for KEY=$(…)
	return err
}

func roles() string {
	var names []string
	for _, r := range identity.Roles() {
		if r != identity.Owner { // an owner is a person
			names = append(names, string(r))
		}
	}
	return strings.Join(names, ", ")
}
