// Package apps_test holds what is true of both services.
package apps_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/servicetest"
)

// TestImportLaw keeps the services apart from each other and from the infrastructure, and the CA roots
// and time zones inside them.
func TestImportLaw(t *testing.T) {
	for service, other := range map[string]string{
		servicetest.Gateway: servicetest.Engine,
		servicetest.Engine:  servicetest.Gateway,
	} {
		imports := servicetest.Imports(t, service)
		for _, wanted := range []string{"time/tzdata", "golang.org/x/crypto/x509roots/fallback"} {
			if !slices.Contains(imports, wanted) {
				t.Errorf("%s does not embed %s", service, wanted)
			}
		}
		for _, imported := range imports {
			for _, forbidden := range []string{other, "/agentteam/constructs", "/agentteam/stacks", "cdktf", "terraform-cdk-go", "jsii"} {
				if strings.Contains(imported, forbidden) {
					t.Errorf("%s must not import %s", service, imported)
				}
			}
		}
	}
}
