//go:build live

package commands_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/internal/registry"
)

// What deploy.yml runs, by the make targets that it runs: images are pushed to a registry that wants ECR's password, and released.
func TestPipelineTargets(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("aws is not on the PATH")
	}
	e := startAWS(t)
	f := newCheckout(t)
	run(t, f.command(t.Context(), "git", "checkout", "--quiet", "."), "").want(t, 0) // the images are to be the commit's
	unset(t, "AWS_PROFILE")                                                          // the AWS CLI takes an empty one for a name
	f.env = slices.DeleteFunc(append(e.Env(), "DOCKER_CONFIG="+t.TempDir()), func(variable string) bool { return variable == "AWS_PROFILE=" })
	password := strings.TrimSpace(run(t, f.command(t.Context(), "aws", "ecr", "get-login-password"), "").stdout)
	host := privateRegistry(t, password)
	head := strings.TrimSpace(run(t, f.command(t.Context(), "git", "rev-parse", "HEAD"), "").stdout)
	target := func(arguments ...string) result {
		return run(t, f.command(t.Context(), "make", append(arguments, "REGISTRY="+host+"/agent-team")...), "")
	}

	f.killImages(t, host)
	target("registry-login").want(t, 0)
	target("images", "ARGS=--base=empty").want(t, 0, `image_tag = "git-`+head[:12]+`"`)
	if left, err := os.ReadDir(filepath.Join(f.dir, ".agentteam", "images")); err != nil || len(left) > 0 {
		t.Errorf("%v is left; %v", left, err)
	}
	wantImage(t, host+"/agent-team/api-gateway", "git-"+head[:12], password)

	makeDemoBucket(t, e)
	f.writeProject(t, demoApp)
	f.writeDemo(t, images)
	f.write(t, "app/stacks/demo/images.tf.json", imageVariable)
	target("release", "ENV=demo").want(t, 0, `image_tag = "git-`+head[:12]+`"`, "1 added")
}

// killImages kills a build in its middle. Nothing of it runs on.
func (f folder) killImages(t *testing.T, host string) {
	t.Helper()
	cmd := f.agentteamCommand(context.Background(), "images", host+"/agent-team", "--base=empty")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	working := func() bool {
		begun, _ := filepath.Glob(filepath.Join(f.dir, ".agentteam", "images", "tmp", "*"))
		return len(begun) > 0
	}
	for deadline := time.Now().Add(2 * time.Minute); !working() && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	if !working() {
		t.Error("ko had written nothing in 2 minutes")
	}
	_ = cmd.Process.Signal(syscall.SIGKILL) // what is left shows it
	_ = cmd.Wait()
	time.Sleep(5 * time.Second) // the guard's time to end ko
	f.wantNoProcess(t)
}

// privateRegistry is a registry on this machine for whoever has the password.
func privateRegistry(t *testing.T, password string) (host string) {
	t.Helper()
	r, err := registry.Start(t.Context(), registry.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) }) // the test is over
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.Address})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, given, _ := r.BasicAuth(); user != "AWS" || given != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func wantImage(t *testing.T, repository, tag, password string) {
	t.Helper()
	r, err := name.NewRepository(repository)
	if err != nil {
		t.Fatal(err)
	}
	tags, err := remote.List(r, remote.WithAuth(&authn.Basic{Username: "AWS", Password: password}))
	if err != nil || !slices.Contains(tags, tag) || len(tags) != 4 {
		t.Errorf("%s has the tags %q, want %s and three SBOMs; %v", repository, tags, tag, err)
	}
}
