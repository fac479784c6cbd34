package constructs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// X is a Terraform expression as it stands in HCL, without the ${ }. Terraform evaluates it at plan
// time, so what it says may depend on variables. Whole-value references use the bindings' typed
// attributes instead, which the compiler checks.
type X string

// Str passes the expression where a string goes.
func (x X) Str() *string { return new("${" + string(x) + "}") }

// Num passes the expression where a number goes; a plain number stays one.
func (x X) Num() *float64 {
	if number, err := strconv.ParseFloat(string(x), 64); err == nil {
		return &number
	}
	return cdktf.Token_AsNumber(x.Str())
}

// List passes the expression where a list of strings goes.
func (x X) List() *[]*string { return cdktf.Token_AsList(x.Str(), nil) }

// Any passes the expression where the bindings take any value, as they do for booleans.
func (x X) Any() cdktf.IResolvable { return cdktf.Token_AsAny(x.Str()) }

// text is a string with ${ } interpolations in it.
func text(format string, a ...any) *string { return new(fmt.Sprintf(format, a...)) }

// texts is a list of literal strings.
func texts(values ...string) *[]*string {
	list := make([]*string, len(values))
	for i := range values {
		list[i] = &values[i]
	}
	return &list
}

// jsonencode renders a Go value as a jsonencode expression: Terraform reads the strings inside as
// templates, so they may hold ${ } interpolations, as long as those hold no quotes (name such an
// expression with a local value first). A JSON object is also a valid HCL one. References inside are
// written as X: cdktf takes the ${ } off a typed attribute that stands within an expression.
func jsonencode(value any) *string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("jsonencode %T: %v", value, err)) // a programming error: the values are ours
	}
	if strings.Contains(b.String(), "TfToken[") {
		panic("jsonencode: a typed attribute inside would lose its ${ }, write it as X: " + b.String())
	}
	return X("jsonencode(" + strings.TrimSpace(b.String()) + ")").Str()
}
