package constructs

import (
	"reflect"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// Scope is where constructs declare their elements: one Terraform stack, nothing nested below it, so
// that an element's address is its HCL address whatever Go file declares it.
type Scope struct {
	// Stack is a named field on purpose: embedding it compiles, and fails in jsii at synth.
	Stack cdktf.TerraformStack
}

// declare adds one element under its HCL name: declare(in, "main", vpc.NewVpc, …) is aws_vpc.main.
// The construct's id carries the type as well, so two elements with one address stop the synth instead
// of being merged silently.
func declare[Element cdktf.TerraformElement, Config any](
	in Scope, name string, create func(constructs.Construct, *string, *Config) Element, config *Config,
) Element {
	id := strings.TrimSuffix(reflect.TypeFor[Config]().Name(), "Config") + "." + name
	element := create(in.Stack, &id, config)
	// At once: after an attribute has been read, jsii ignores the override.
	element.OverrideLogicalId(&name)
	return element
}

// local declares a local value, read as X("local.<name>").
func local(in Scope, name string, value X) {
	id := "TerraformLocal." + name
	cdktf.NewTerraformLocal(in.Stack, &id, value.Str()).OverrideLogicalId(&name)
}

// newFirst makes a replacement before what it replaces goes, for what others must not be without.
func newFirst() *cdktf.TerraformResourceLifecycle {
	return &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: new(true)}
}
