package main_test

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// binaries are the paths of both services' binaries.
type binaries struct{ gateway, engine string }

// TestProcess runs the built binaries, the gateway beside a real engine.
func TestProcess(t *testing.T) {
	t.Parallel()
	built := binaries{servicetest.Build(t, servicetest.Gateway), servicetest.Build(t, servicetest.Engine)}
	servicetest.ExpectStatic(t, built.gateway)
	for name, test := range map[string]func(*testing.T, binaries){
		"serves":                            serves,
		"tells its version":                 func(t *testing.T, b binaries) { servicetest.ExpectVersion(t, b.gateway) },
		"is ready while the engine is":      followsEngine,
		"drains after SIGTERM":              drains,
		"ends at once by a second SIGTERM":  endsBySecondSignal,
		"names every configuration problem": namesProblems,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, built)
		})
	}
}

func serves(t *testing.T, built binaries) {
	engine := startEngine(t, built, "127.0.0.1:0")
	_, url := startGateway(t, built, engine.Address(t))

	for path, want := range map[string]string{
		"/health":  `200 {"status":"ok"}`,
		"/ready":   `200 "status":"ready"`,
		"/nowhere": `404 "code":"not_found"`,
	} {
		get(t, url+path).expect(t, want)
	}
	version := get(t, url+"/version")
	version.expect(t, `200 "node_types":["agent",`)
	var body struct {
		Version string
		Engine  struct{ Version string }
	}
	if err := json.Unmarshal([]byte(version.body), &body); err != nil || body.Version == "" || body.Engine.Version == "" {
		t.Errorf("%v in %s", err, version.body)
	}
	stdout, stderr, exit := servicetest.Run(t, nil, built.gateway, "healthcheck", "--listen", strings.TrimPrefix(url, "http://"))
	if stdout != "apigateway: healthy\n" || exit != 0 {
		t.Errorf("healthcheck: exit %d, %q, %q", exit, stdout, stderr)
	}
}

func followsEngine(t *testing.T, built binaries) {
	engine := startEngine(t, built, "127.0.0.1:0")
	address := engine.Address(t)
	gateway, url := startGateway(t, built, address)
	becomes := func(want string) {
		t.Helper()
		servicetest.Eventually(t, "/ready answers "+want, func() bool { return get(t, url+"/ready").is(want) })
		get(t, url+"/health").expect(t, "200 ")
	}

	becomes("200 ")
	engine.Signal(t, syscall.SIGKILL)
	engine.Wait(t)
	becomes(`503 "dependency":"workflow-engine"`)
	get(t, url+"/version").expect(t, `503 "code":"dependency_unavailable"`)
	startEngine(t, built, address).Address(t)
	becomes("200 ")

	gateway.Signal(t, syscall.SIGTERM)
	if exit := gateway.Wait(t); exit != 0 {
		t.Errorf("exit status %d, want 0", exit)
	}
}

// drains holds a request in flight: it waits for an engine that is suspended.
func drains(t *testing.T, built binaries) {
	engine := startEngine(t, built, "127.0.0.1:0")
	gateway, url := startGateway(t, built, engine.Address(t), "--drain-delay", "500ms")
	servicetest.Eventually(t, "the gateway is ready", func() bool { return get(t, url+"/ready").is("200 ") })
	engine.Signal(t, syscall.SIGSTOP)
	inFlight := make(chan answer, 1)
	go func() { inFlight <- get(t, url+"/version") }()

	gateway.Signal(t, syscall.SIGTERM)
	gateway.Logged(t, "draining")
	get(t, url+"/ready").expect(t, `503 "code":"draining"`)
	get(t, url+"/health").expect(t, "200 ")
	servicetest.Eventually(t, "new connections are refused", func() bool { return get(t, url+"/health").err != nil })

	engine.Signal(t, syscall.SIGCONT)
	request := <-inFlight
	request.expect(t, `200 "engine":`)
	if exit := gateway.Wait(t); exit != 0 {
		t.Errorf("exit status %d, want 0", exit)
	}
	_, stderr, exit := servicetest.Run(t, nil, built.gateway, "healthcheck", "--listen", strings.TrimPrefix(url, "http://"))
	if exit != 1 || !strings.HasPrefix(stderr, "apigateway: unhealthy: ") {
		t.Errorf("healthcheck of a gone process: exit %d, %q", exit, stderr)
	}
}

func endsBySecondSignal(t *testing.T, built binaries) {
	gateway, _ := startGateway(t, built, "127.0.0.1:1", "--drain-delay", "30s")
	gateway.Signal(t, syscall.SIGTERM)
	gateway.Logged(t, "draining")
	servicetest.Eventually(t, "one more SIGTERM ends the process", func() bool {
		gateway.Signal(t, syscall.SIGTERM)
		return gateway.Ended()
	})
	if exit := gateway.Wait(t); exit != -1 {
		t.Errorf("exit status %d, want death by signal", exit)
	}
}

func namesProblems(t *testing.T, built binaries) {
	_, stderr, exit := servicetest.Run(t, []string{
		"DATABASE_URL=hunter2", "REDIS_URL=redis://cache", "INTERNAL_AUTH_KEY=UNSET", "DEBUG=perhaps",
		"WORKFLOW_SERVICE_HOST=engine:50051", "WORKFLOW_SERVICE_PORT=0", "SUPABASE_URL=hunter2",
	}, built.gateway)
	if exit != 1 || !strings.HasPrefix(stderr, "apigateway: the environment has 8 problems:\n") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
	for _, name := range []string{
		"DATABASE_URL", "INTERNAL_AUTH_KEY", "DEBUG", "WORKFLOW_SERVICE_HOST", "WORKFLOW_SERVICE_PORT", "SUPABASE_URL", "HTTP_HOST", "HTTP_PORT",
	} {
		if !strings.Contains(stderr, "\n  "+name+" ") {
			t.Errorf("%s is not named", name)
		}
	}
	if strings.Contains(stderr, "hunter2") {
		t.Errorf("a secret is shown:\n%s", stderr)
	}
}

func startEngine(t *testing.T, built binaries, listen string) *servicetest.Process {
	t.Helper()
	return servicetest.Start(t, servicetest.EngineEnvironment(databasetest.URL(t)), built.engine, "--listen", listen)
}

func startGateway(t *testing.T, built binaries, engine string, arguments ...string) (*servicetest.Process, string) {
	t.Helper()
	arguments = append([]string{"--listen", "127.0.0.1:0", "--drain-delay", "0s"}, arguments...)
	gateway := servicetest.Start(t, servicetest.GatewayEnvironment(t, databasetest.URL(t), engine), built.gateway, arguments...)
	return gateway, "http://" + gateway.Address(t)
}
