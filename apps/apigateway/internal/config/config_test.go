package config_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/apigateway/internal/config"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

func TestConfigReadsExactlyTheContract(t *testing.T) {
	var want []string
	for _, v := range contract.GatewayEnvironment() {
		want = append(want, v.Name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, envconfig.Names[config.Config]()); diff != "" {
		t.Errorf("contract (-) and configuration (+) differ:\n%s", diff)
	}
}

func TestEngineAddress(t *testing.T) {
	for host, want := range map[string]string{
		"workflow-engine.test.local": "workflow-engine.test.local:50051",
		"::1":                        "[::1]:50051",
	} {
		cfg := config.Config{WorkflowServiceHost: envconfig.Host(host), WorkflowServicePort: "50051"}
		if got := cfg.EngineAddress(); got != want {
			t.Errorf("host %s gives %s, want %s", host, got, want)
		}
	}
}

func TestListenAddress(t *testing.T) {
	for _, test := range []struct{ host, override, want string }{
		{"0.0.0.0", "", "0.0.0.0:8000"},
		{"127.1.2.3", "", "127.1.2.3:8000"},
		{"0.0.0.0", "127.0.0.1:0", "127.0.0.1:0"},
	} {
		listen, err := config.LoadListen([]string{"HTTP_HOST=" + test.host, "HTTP_PORT=8000"})
		if err != nil {
			t.Fatal(err)
		}
		if got := listen.Address(test.override); got != test.want {
			t.Errorf("%+v gives %s", test, got)
		}
	}
}
