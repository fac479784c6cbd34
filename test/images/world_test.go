//go:build live

// Package images builds the services' images as a release does, and runs what comes back from the registry.
package images_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/images"
	"github.com/agentteam/agentteam/internal/registry"
	"github.com/agentteam/agentteam/internal/sandbox"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// world is a registry that both images were pushed to, on a base without a file. Building takes minutes, so all tests share it.
type world struct {
	dir      string
	registry *registry.Registry
	built    []images.Image
}

var build = sync.OnceValues(newWorld)

func newWorld() (*world, error) {
	dir, err := os.MkdirTemp("", "agentteam-images-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir}
	if w.registry, err = registry.Start(context.Background(), registry.Config{Dir: filepath.Join(dir, "registry")}); err != nil {
		return w, err
	}
	w.built, err = w.publish(context.Background())
	return w, err
}

func (w *world) publish(ctx context.Context) ([]images.Image, error) {
	tools, err := toolchain.Default(os.Stderr)
	if err != nil {
		return nil, err
	}
	return images.Publish(ctx, images.Options{
		Root: filepath.Join("..", ".."), Dir: filepath.Join(w.dir, "build"), Tools: tools, Registry: w.registry.Address + "/" + contract.Project, Base: images.EmptyBase, Out: os.Stderr,
	})
}

func TestMain(m *testing.M) {
	code := m.Run()
	if w, _ := build(); w != nil {
		if err := os.RemoveAll(w.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// image gives a service's image as its registry has it.
func image(t *testing.T, service contract.Service) images.Image {
	t.Helper()
	w, err := build()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range w.built {
		if i.Service.Name == service.Name {
			return i
		}
	}
	t.Fatalf("no image of %s was built", service.Name)
	return images.Image{}
}

// pull fetches the variant for this machine back from the registry.
func pull(t *testing.T, service contract.Service) *sandbox.Image {
	t.Helper()
	if err := sandbox.Check(t.Context()); err != nil {
		t.Skip(err)
	}
	pulled, err := sandbox.Pull(t.Context(), image(t, service).Reference, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return pulled
}
