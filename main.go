// Command agentteam synthesizes Agent Team's infrastructure as Terraform JSON, one folder per stack in
// cdktf.out/stacks. The cdktf command runs it, as cdktf.json says.
package main

import (
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/internal/fastsynth"
	"github.com/agentteam/agentteam/stacks"
)

func main() {
	if err := synth(); err != nil {
		fmt.Fprintln(os.Stderr, "synth:", err)
		os.Exit(1)
	}
}

func synth() (err error) {
	defer func() {
		if fault := recover(); fault != nil { // jsii panics with what JavaScript throws, and without Node
			err = fmt.Errorf("%v", fault)
		}
	}()
	if err := fastsynth.Enable(); err != nil {
		fmt.Fprintln(os.Stderr, "synth:", err)
	}
	defer jsii.Close()
	app := cdktf.NewApp(nil)
	if err := stacks.Declare(app, os.Getenv); err != nil {
		return err
	}
	app.Synth()
	return nil
}
