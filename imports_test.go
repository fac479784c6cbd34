package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/agentteam/agentteam"

// cdktf is in maintenance by its community fork: kept to these packages, a later move stays a small one.
var cdktfPackages = []string{"", "/stacks", "/constructs", "/internal/synthtest", "/internal/fastsynth", "/cmd/benchsynth/emptystack"}

// The import law of ARCHITECTURE.md, over everything that a package reaches.
func TestImportLaw(t *testing.T) {
	for _, law := range []struct {
		what    string
		of      string   // packages below it
		allowed []string // below the module; empty strings are the module itself
	}{
		{"the contract imports nothing of ours", "/contract", nil},
		{"constructs know only the contract", "/constructs", []string{"/contract"}},
		{"the gateway knows no infrastructure and no engine", "/apps/apigateway", []string{"/apps/apigateway", "/contract", "/proto", "/internal"}},
		{"the engine knows no infrastructure and no gateway", "/apps/workflow", []string{"/apps/workflow", "/contract", "/proto", "/internal"}},
	} {
		t.Run(law.what, func(t *testing.T) {
			for _, reached := range deps(t, "."+law.of+"/...") {
				inside, ours := strings.CutPrefix(reached, module)
				if ours && !below(inside, append(law.allowed, law.of)) {
					t.Errorf("%s reaches %s", law.of, reached)
				}
			}
		})
	}
}

func TestTheContractNeedsOnlyTheStandardLibrary(t *testing.T) {
	for _, reached := range deps(t, "./contract") {
		if strings.Contains(strings.Split(reached, "/")[0], ".") && reached != module+"/contract" {
			t.Errorf("contract reaches %s", reached)
		}
	}
}

func TestOnlyTheInfrastructureReachesJSII(t *testing.T) {
	for _, line := range lines(output(t, exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./..."))) {
		importer, imports, _ := strings.Cut(line, " ")
		reaches := strings.Contains(imports, "jsii-runtime-go") || strings.Contains(imports, "terraform-cdk-go") || strings.Contains(imports, "constructs-go")
		if reaches && !slices.Contains(cdktfPackages, strings.TrimPrefix(importer, module)) {
			t.Errorf("%s imports cdktf or jsii; only %q may", importer, cdktfPackages)
		}
	}
}

// What carries the durability can be exchanged as long as one package knows it; the benchmark measures it as a peer.
func TestOnlyPackageDurableKnowsDBOS(t *testing.T) {
	allowed := []string{"/apps/workflow/internal/durable", "/cmd/benchservices"}
	found := 0
	for _, line := range lines(output(t, exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}}`, "./..."))) {
		importer, imports, _ := strings.Cut(line, " ")
		if !strings.Contains(imports, "dbos-transact-golang") {
			continue
		}
		found++
		if !slices.Contains(allowed, strings.TrimPrefix(importer, module)) {
			t.Errorf("%s imports DBOS; only %q may", importer, allowed)
		}
	}
	if found == 0 {
		t.Error("nothing imports DBOS: the test looks at nothing")
	}
}

func deps(t *testing.T, pattern string) []string {
	t.Helper()
	found := lines(output(t, exec.Command("go", "list", "-deps", pattern)))
	if !strings.HasPrefix(found[len(found)-1], module) {
		t.Fatalf("go list -deps %s lists %q: the test looks at nothing", pattern, found)
	}
	return found
}

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

func below(path string, roots []string) bool {
	for _, root := range roots {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}
