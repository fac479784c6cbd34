// Command emptystack synthesizes a stack of the AWS provider alone: what jsii and the bindings cost before the first
// resource. Only benchsynth runs it.
package main

import (
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/internal/fastsynth"
)

func main() {
	if err := fastsynth.Enable(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	defer jsii.Close()
	app := cdktf.NewApp(nil)
	stack := cdktf.NewTerraformStack(app, new("empty"))
	provider.NewAwsProvider(stack, new("aws"), &provider.AwsProviderConfig{Region: new("us-east-1")})
	app.Synth()
}
