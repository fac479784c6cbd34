package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/internal/process"
	"github.com/agentteam/agentteam/internal/registry"
)

// versionVariable is what buildinfo.Version gives in an image.
const versionVariable = "github.com/agentteam/agentteam/internal/buildinfo.version"

// emptyHost stands for the staging registry in the empty base's name. An image names its base, so the registry's
// port, which is another each time, must not be in that name. ko reaches it as the proxy of a host that is always asked by HTTP.
const emptyHost = "registry.localhost"

// build lets ko build both images for all platforms and push them, with their SBOMs, to the staging registry.
func build(ctx context.Context, o Options, work *workFolder, stage *registry.Registry, tag string) error {
	ko, err := o.Tools.Ko(ctx)
	if err != nil {
		return err
	}
	env, err := buildEnv(ctx, o, stage)
	if err != nil {
		return err
	}
	temporary, err := work.make("tmp")
	if err != nil {
		return err
	}
	arguments := []string{
		"build", "--base-import-paths", "--tags", tag, "--platform", strings.Join(platforms(), ","), "--image-user", user,
		"--ldflags", "-s -w -X " + versionVariable + "=" + tag,
	}
	for _, service := range Services() {
		arguments = append(arguments, "./apps/"+path.Base(service.Binary))
	}
	fmt.Fprintf(o.Out, "building the images %s for %s (the first time takes minutes)\n", tag, strings.Join(platforms(), " and "))
	cmd := process.Command(ctx, ko, arguments...)
	env = append(env, "TMPDIR="+temporary)
	cmd.Dir, cmd.Env = o.Root, env
	return runGuarded(cmd)
}

// runGuarded runs ko, which ends when this process does.
func runGuarded(cmd *exec.Cmd) error {
	guard, err := process.StartGuard()
	if err != nil {
		return err
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	err = cmd.Start()
	if err == nil {
		err = errors.Join(guard.Watch(cmd.Process.Pid), cmd.Wait())
	}
	if err != nil {
		err = fmt.Errorf("ko build: %w\n%s", err, strings.TrimSpace(log.String()))
	}
	return errors.Join(err, guard.Dismiss())
}

func platforms() (names []string) {
	for _, architecture := range registry.Architectures() {
		names = append(names, "linux/"+architecture)
	}
	return names
}

// buildEnv is this process's environment without what would change the images.
func buildEnv(ctx context.Context, o Options, stage *registry.Registry) ([]string, error) {
	date, err := git(ctx, o.Root, nil, "show", "--no-patch", "--format=%ct", "HEAD")
	if err != nil {
		return nil, err
	}
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "KO") || slices.Contains([]string{"GOOS", "GOARCH", "GOARM64", "GOAMD64", "GOEXPERIMENT"}, name)
	})
	toolchain, err := compiler(o.Root)
	if err != nil {
		return nil, err
	}
	base := o.Base
	switch base {
	case "":
		base = Base
	case EmptyBase:
		reference, err := stage.PushEmpty(ctx)
		if err != nil {
			return nil, err
		}
		base = strings.Replace(reference, stage.Address, emptyHost, 1)
		env = append(env, "HTTP_PROXY=http://"+stage.Address, "http_proxy=", "NO_PROXY=", "no_proxy=")
	}
	return append(env,
		"KO_DOCKER_REPO="+stage.Address, "KO_DEFAULTBASEIMAGE="+base, "SOURCE_DATE_EPOCH="+date,
		"GOTOOLCHAIN="+toolchain, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", // the tag says it, and git's tags differ between clones
	), nil
}
