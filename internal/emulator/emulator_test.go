package emulator_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/toolchain"
)

func config(t *testing.T) emulator.Config {
	t.Helper()
	tools, err := toolchain.Default(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	python, err := tools.Python(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return emulator.Config{Python: python, Dir: t.TempDir()}
}

func TestDetachedIsFoundAndStopped(t *testing.T) {
	c := config(t)
	started, err := emulator.StartDetached(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = started.Stop() })
	found, err := emulator.Find(c.Dir)
	if err != nil || found == nil {
		t.Fatalf("Find = %v, %v, want the running emulator", found, err)
	}
	if got := callerIdentity(t, found.URL()); !strings.Contains(got, "<Account>123456789012</Account>") {
		t.Errorf("GetCallerIdentity answers %s, want the emulator's account", got)
	}
	if found.Port != started.Port || found.PID != started.PID {
		t.Errorf("found port %d, process %d, want %d, %d", found.Port, found.PID, started.Port, started.PID)
	}
	if err := found.Stop(); err != nil {
		t.Fatal(err)
	}
	if found, err := emulator.Find(c.Dir); found != nil || err != nil {
		t.Errorf("Find after Stop = %v, %v, want nothing", found, err)
	}
}

func TestBusyPortNamesItsOwner(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = emulator.Start(t.Context(), emulator.Config{Python: "python3", Dir: t.TempDir(), Port: port})
	want := fmt.Sprintf("port %d on 127.0.0.1 is in use by process %d", port, os.Getpid())
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %v, want %s…", err, want)
	}
}

func TestFailedStartShowsTheLog(t *testing.T) {
	python := filepath.Join(t.TempDir(), "python3")
	if err := os.WriteFile(python, []byte("#!/bin/sh\necho no module named moto\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := emulator.Start(t.Context(), emulator.Config{Python: python, Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "no module named moto") {
		t.Errorf("error is %v, want the log's last lines", err)
	}
}

func callerIdentity(t *testing.T, endpoint string) string {
	t.Helper()
	return post(t, endpoint, "sts", url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}})
}

// post asks a service of AWS's query protocol.
func post(t *testing.T, endpoint, service string, form url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return body(t, response)
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
