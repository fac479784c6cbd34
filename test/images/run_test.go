//go:build live

package images_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/images"
	"github.com/agentteam/agentteam/internal/sandbox"
	"github.com/agentteam/agentteam/internal/servicetest"
)

const (
	nonroot = 65532
	memory  = 512 << 20 // bytes; the smallest that Fargate gives
	drain   = 30 * time.Second
)

// TestImagesKnowTheirTag runs the program of each image in a root that holds nothing else.
func TestImagesKnowTheirTag(t *testing.T) {
	for _, service := range images.Services() {
		var out bytes.Buffer
		i := pull(t, service)
		process, err := sandbox.Start(t.Context(), sandbox.Spec{Root: i.Root, Command: i.Command("--version"), User: nonroot, ReadOnly: true, Stdout: &out, Stderr: &out})
		if err != nil {
			t.Fatal(err)
		}
		if code := process.ExitCode(); code != 0 || !strings.Contains(out.String(), image(t, service).Tag) {
			t.Errorf("%s --version ends with %d and says %q, want its tag %s", service.Name, code, out.String(), image(t, service).Tag)
		}
	}
}

// TestImagesServe starts both services from their images on a real PostgreSQL, checks their health by their own command, and
// lets them drain.
func TestImagesServe(t *testing.T) {
	database := databasetest.URL(t)
	engine := freeAddress(t)
	host, port, _ := net.SplitHostPort(engine) // our own
	serve(t, contract.WorkflowEngine(), engine, append(servicetest.EngineEnvironment(database), contract.GRPCHost+"="+host, contract.GRPCPort+"="+port))
	serve(t, contract.APIGateway(), freeAddress(t), servicetest.GatewayEnvironment(t, database, engine))
}

// serve runs an image until the test ends, which is by SIGTERM.
func serve(t *testing.T, service contract.Service, address string, environ []string) {
	t.Helper()
	i := pull(t, service)
	log, err := os.Create(filepath.Join(t.TempDir(), service.Name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	process, err := sandbox.Start(t.Context(), sandbox.Spec{
		Root: i.Root, Command: i.Command("--listen", address, "--drain-delay", "0s"), Env: slices.Concat(i.Env, environ, []string{"TZ=Asia/Tokyo"}),
		User: nonroot, ReadOnly: true, Memory: memory, Stdout: log, Stderr: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Stop(drain); err != nil || process.ExitCode() != 0 {
			t.Errorf("%s ended with status %d after SIGTERM: %v", service.Name, process.ExitCode(), err)
		}
		if content, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("log of %s:\n%s", service.Name, content)
		}
		_ = log.Close() // written by the process
	})
	servicetest.Eventually(t, service.Name+" is healthy by its own command", func() bool {
		_, err := process.Exec(t.Context(), service.Binary, contract.HealthcheckCommand, "--listen", address)
		return err == nil
	})
	wantTimeZone(t, log.Name())
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process.PID()), "status"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(status), "NoNewPrivs:\t1") || !strings.Contains(string(status), "CapEff:\t0000000000000000") {
		t.Errorf("%s has privileges:\n%s", service.Name, status)
	}
}

// wantTimeZone wants the times of Tokyo in the log, which a root without time zones knows from the program alone.
func wantTimeZone(t *testing.T, log string) {
	t.Helper()
	if content, err := os.ReadFile(log); err != nil || !strings.Contains(string(content), "+09:00") {
		t.Errorf("the log's times are not those of TZ: %v\n%s", err, content)
	}
}

// freeAddress is free now; the program says so if it is not any more.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
