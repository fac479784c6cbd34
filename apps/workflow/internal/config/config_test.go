package config_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/workflow/internal/config"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/envconfig"
)

func TestConfigReadsExactlyTheContract(t *testing.T) {
	var want []string
	for _, v := range contract.EngineEnvironment() {
		want = append(want, v.Name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, envconfig.Names[config.Config]()); diff != "" {
		t.Errorf("contract (-) and configuration (+) differ:\n%s", diff)
	}
}

func TestListenAddress(t *testing.T) {
	for _, test := range []struct{ host, override, want string }{
		{"0.0.0.0", "", "0.0.0.0:50051"},
		{"::", "", "[::]:50051"},
		{"0.0.0.0", "127.0.0.1:0", "127.0.0.1:0"},
	} {
		listen, err := config.LoadListen([]string{"GRPC_HOST=" + test.host, "GRPC_PORT=50051"})
		if err != nil {
			t.Fatal(err)
		}
		if got := listen.Address(test.override); got != test.want {
			t.Errorf("%+v gives %s", test, got)
		}
	}
}
