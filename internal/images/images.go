// Package images builds the container images of both services by ko, without Docker, and pushes them. An image is
// known by the commit that it was built from: the same commit gives the same tag and the same digest. It holds one
// program, no shell, and runs as an ordinary user.
package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/registry"
	"github.com/agentteam/agentteam/internal/toolchain"
)

const (
	// Base is Debian's static distroless image: roots, time zones, a passwd file, no shell. Its digest is pinned, since
	// the tag moves and would move the digests of our images with it.
	Base = "gcr.io/distroless/static-debian13:nonroot@sha256:f7f8f729987ad0fdf6b05eeeae94b26e6a0f613bdf46feea7fc40f7bd72953e6"
	// EmptyBase in place of a reference is a base without a file, which needs no network.
	EmptyBase = "empty"

	// user is the one that distroless images call nonroot.
	user = "65532"
	// maxSize of an image, compressed, in bytes: what every start of a task downloads.
	maxSize = 30_000_000
)

// Options say what to build and where to push it.
type Options struct {
	Root     string          // the checkout
	Dir      string          // receives what is built until it is pushed; created when missing, emptied
	Tools    toolchain.Tools // has ko, or gets it
	Registry string          // <host>/<prefix>, to which a service's name is added
	Base     string          // reference of the base image; empty is Base
	Out      io.Writer       // a line for each step
}

// Image is a service's image in a registry.
type Image struct {
	Service   contract.Service
	Tag       string
	Digest    string // of the index over all platforms
	Reference string // <registry>/<service>:<tag>@<digest>
	Pushed    bool   // false when it was there already
	Platforms []Platform
}

// Platform is an image's variant for one architecture.
type Platform struct {
	Name string // linux/<architecture>
	Size int64  // compressed, in bytes
	SBOM string // reference of its software bill of materials, in SPDX
}

// Services are those that have an image.
func Services() []contract.Service {
	return []contract.Service{contract.APIGateway(), contract.WorkflowEngine()}
}

// Publish builds both images, checks them, and pushes those that are not there yet. A tag that has another image
// already is an error: what was tested under a tag is what runs under it.
func Publish(ctx context.Context, o Options) ([]Image, error) {
	if err := checkRegistry(o.Registry); err != nil {
		return nil, err
	}
	tag, err := Tag(ctx, o.Root)
	if err != nil {
		return nil, err
	}
	work, err := enter(ctx, o.Dir, o.Out)
	if err != nil {
		return nil, err
	}
	published, err := publish(ctx, o, work, tag)
	return published, errors.Join(err, work.leave())
}

func publish(ctx context.Context, o Options, work *workFolder, tag string) ([]Image, error) {
	dir, err := work.make("registry")
	if err != nil {
		return nil, err
	}
	stage, err := registry.Start(ctx, registry.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer stage.Close(context.WithoutCancel(ctx))
	began := time.Now()
	if err := build(ctx, o, work, stage, tag); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "built in %.0f s\n", time.Since(began).Seconds())
	return promoteAll(ctx, o, stage, tag)
}

// promoteAll checks every image before it pushes the first.
func promoteAll(ctx context.Context, o Options, stage *registry.Registry, tag string) ([]Image, error) {
	var all []Image
	for _, service := range Services() {
		image, err := inspect(ctx, staged(stage, service), tag, service)
		if err != nil {
			return nil, fmt.Errorf("the image of %s: %w", service.Name, err)
		}
		all = append(all, image)
	}
	for i := range all {
		if err := all[i].promote(ctx, staged(stage, all[i].Service), o.Registry+"/"+all[i].Service.Name); err != nil {
			return nil, err
		}
		fmt.Fprintf(o.Out, "%s\n", all[i].Reference)
	}
	return all, nil
}

// staged is a service's repository in the registry that ko pushes to: ko calls it by the folder of its main package.
func staged(stage *registry.Registry, service contract.Service) string {
	return stage.Address + "/" + path.Base(service.Binary)
}

const example = "for example 123456789012.dkr.ecr.us-east-1.amazonaws.com/" + contract.Project

func checkRegistry(text string) error {
	if text == "" {
		return fmt.Errorf("there is no registry to push to: give it as REGISTRY=<host>/<prefix>, %s", example)
	}
	host, prefix, found := strings.Cut(text, "/")
	if !found || host == "" || prefix == "" || strings.Contains(text, "://") || strings.HasSuffix(text, "/") {
		return fmt.Errorf("the registry must be <host>/<prefix>, got %q; %s", text, example)
	}
	return nil
}
