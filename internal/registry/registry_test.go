package registry_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/internal/registry"
)

func start(t *testing.T, dir string) *registry.Registry {
	t.Helper()
	r, err := registry.Start(t.Context(), registry.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(t.Context()) }) // a test may have closed it
	return r
}

func tag(t *testing.T, r *registry.Registry, rest string) name.Tag {
	t.Helper()
	tag, err := name.NewTag(r.Address + "/" + rest)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func image(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(2000, 2)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestTagsAreImmutable(t *testing.T) {
	r := start(t, t.TempDir())
	first := image(t)
	for range 2 { // the same image again is no change
		if err := remote.Write(tag(t, r, "team/app:v1"), first); err != nil {
			t.Fatal(err)
		}
	}
	err := remote.Write(tag(t, r, "team/app:v1"), image(t))
	if err == nil || !strings.Contains(err.Error(), "The image tag 'v1' already exists in the 'team/app' repository") {
		t.Errorf("another image under the tag: got %v", err)
	}
	if err := remote.Write(tag(t, r, "team/other:v1"), image(t)); err != nil {
		t.Errorf("the tag in another repository: %v", err)
	}
	want, _ := first.Digest() // it was pushed
	if got, err := remote.Head(tag(t, r, "team/app:v1")); err != nil || got.Digest != want {
		t.Errorf("the tag points at %v, %v; want %v", got, err, want)
	}
}

func TestImagesOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir)
	index, err := random.Index(2000, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag(t, r, "team/app:v1"), index); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = start(t, dir)
	want, _ := index.Digest() // it was pushed
	if got, err := remote.Head(tag(t, r, "team/app:v1")); err != nil || got.Digest != want {
		t.Errorf("after a new start the tag points at %v, %v; want %v", got, err, want)
	}
	if err := remote.Write(tag(t, r, "team/app:v1"), image(t)); err == nil {
		t.Error("after a new start the tag could be moved")
	}
}

func TestEmptyBaseHasEveryArchitectureAndNoFile(t *testing.T) {
	r := start(t, t.TempDir())
	text, err := r.PushEmpty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reference, err := name.NewDigest(text)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(reference)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var architectures []string
	for _, m := range manifest.Manifests {
		architectures = append(architectures, m.Platform.Architecture)
		variant, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if layers, err := variant.Layers(); err != nil || len(layers) != 0 {
			t.Errorf("%s has %d layers, %v", m.Platform, len(layers), err)
		}
	}
	if !slices.Equal(architectures, registry.Architectures()) {
		t.Errorf("got architectures %v", architectures)
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	var port int
	for _, digit := range strings.TrimPrefix(start(t, t.TempDir()).Address, "127.0.0.1:") {
		port = port*10 + int(digit-'0')
	}
	_, err := registry.Start(t.Context(), registry.Config{Dir: t.TempDir(), Port: port})
	if err == nil || !strings.Contains(err.Error(), "address already in use; free the port or choose another") {
		t.Errorf("got %v", err)
	}
}
