// Package apps_test holds what is true of both services.
package apps_test

import (
	"os/exec"
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
		imports := dependencies(t, service)
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

func dependencies(t *testing.T, service string) []string {
	t.Helper()
	output, err := exec.Command("go", "list", "-deps", service).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", service, err)
	}
	return strings.Fields(string(output))
}
