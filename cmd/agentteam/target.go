package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// whoami asks AWS, in the way the provider will, whose credentials these are. It costs a second and
// saves deploying into the wrong account, or a minute until terraform finds that there are no credentials.
func whoami(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	where := "AWS"
	if endpoint := os.Getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		where = endpoint
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1"))
	if err != nil {
		return "", fmt.Errorf("read the AWS configuration: %w", err)
	}
	identity, err := sts.NewFromConfig(configuration).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("%s does not say whose credentials these are: %w\n%s", where, err, targetRemedy())
	}
	return fmt.Sprintf("account %s at %s, region %s, as %s", *identity.Account, where, configuration.Region, *identity.Arn), nil
}

func targetRemedy() string {
	if os.Getenv("AWS_ENDPOINT_URL") != "" {
		return "start the emulator with: agentteam up — or unset AWS_ENDPOINT_URL to talk to AWS"
	}
	return `name an account: export AWS_PROFILE=… or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION; or use the emulator: agentteam up && eval "$(agentteam env)"`
}
