package stacks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/synthtest"
)

// An ephemeral value may flow into write-only arguments and other ephemeral blocks, and nowhere else:
// Terraform checks that too, but only when somebody plans.
func TestSecretsFlowOnlyIntoWriteOnlyArguments(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		secrets := []string{"ephemeral."}
		for name, variable := range stack.Variables() {
			if variable["ephemeral"] == true {
				secrets = append(secrets, "var."+name)
			}
		}
		if len(secrets) != 6 {
			t.Errorf("%d ephemeral variables, want the five keys: %q", len(secrets)-1, secrets)
		}
		seen := 0
		walk("resource", stack["resource"], func(path, text string) {
			if !mentions(text, secrets) {
				return
			}
			seen++
			if !strings.HasSuffix(path, "_wo") {
				t.Errorf("%s would be stored: %s", path, text)
			}
		})
		if seen < 10 {
			t.Errorf("%d arguments take a secret, want all nine parameters and the database: the test looks past them", seen)
		}
		walk("output", stack["output"], func(path, text string) {
			if mentions(text, secrets) {
				t.Errorf("%s shows a secret: %s", path, text)
			}
		})
	})
}

func TestParametersAreSecureStringsWithoutAStoredValue(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for name, parameter := range stack.Resources("aws_ssm_parameter") {
			if parameter["type"] != "SecureString" || parameter["value"] != nil || parameter["insecure_value"] != nil {
				t.Errorf("aws_ssm_parameter.%s: type %v, value %v", name, parameter["type"], parameter["value"])
			}
			if path, _ := parameter["name"].(string); !strings.HasPrefix(path, "/${local.prefix}/") {
				t.Errorf("aws_ssm_parameter.%s is at %q, where the execution role may not read", name, path)
			}
		}
		if database := stack.Resource(t, "aws_db_instance.main"); database["password"] != nil {
			t.Error("the database's password would be stored")
		}
	})
}

// With two versions, a rotation could leave the database and its URL with different passwords.
func TestOneVersionRotatesEverything(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		versions := 0
		walk("resource", stack["resource"], func(path, text string) {
			if strings.HasSuffix(path, "_wo_version") && !strings.Contains(path, ".credentials_key.") {
				versions++
				if text != "${var.secrets_version}" {
					t.Errorf("%s is %q", path, text)
				}
			}
		})
		if want := len(stack.Resources("aws_ssm_parameter")); versions != want {
			t.Errorf("%d write-only versions, want %d: the database's and every parameter's but the credentials' key's", versions, want)
		}
		for _, service := range []string{"api_gateway", "workflow_engine"} {
			if !slices.ContainsFunc(containerOf(t, stack, service).Environment, func(v struct{ Name, Value string }) bool {
				return strings.Contains(v.Value, "var.secrets_version")
			}) {
				t.Errorf("a rotation would not replace the tasks of %s", service)
			}
		}
	})
}

// A second value of the key would leave everything that workspaces have stored secretly unreadable for ever.
func TestTheCredentialsKeyIsWrittenOnce(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		key := stack.Resource(t, "aws_ssm_parameter.credentials_key")
		lifecycle, _ := key["lifecycle"].(map[string]any)
		if key["value_wo_version"] != 1.0 || lifecycle["ignore_changes"] != "all" {
			t.Errorf("version %v, lifecycle %v: a rotation or another change would write a new key", key["value_wo_version"], lifecycle)
		}
	})
}

func TestKeysNeedNoValueAndAreNeverStored(t *testing.T) {
	forEach(t, func(t *testing.T, stack synthtest.Stack) {
		for _, name := range []string{"supabase_url", "supabase_anon_key", "supabase_service_role_key", "openai_api_key", "anthropic_api_key"} {
			variable := stack.Variables()[name]
			if variable["sensitive"] != true || variable["ephemeral"] != true || variable["default"] != "" {
				t.Errorf("var.%s: sensitive %v, ephemeral %v, default %q", name, variable["sensitive"], variable["ephemeral"], variable["default"])
			}
		}
	})
}

func mentions(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// walk visits every string in a JSON value with the path to it.
func walk(path string, value any, visit func(path, text string)) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			walk(path+"."+key, inner, visit)
		}
	case []any:
		for i, inner := range value {
			walk(fmt.Sprintf("%s[%d]", path, i), inner, visit)
		}
	case string:
		visit(path, value)
	}
}
