package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// emptyName is the base image without a file.
const emptyName = "base/empty:v1"

// Architectures are those of AWS Fargate, and so of every image here.
func Architectures() []string { return []string{"amd64", "arm64"} }

// PushEmpty puts an image without a file into the registry, for each architecture, and gives its reference: the base
// to build on where no public registry is reachable. It has the nonroot user of distroless images.
func (r *Registry) PushEmpty(ctx context.Context) (reference string, err error) {
	tag, err := name.NewTag(r.Address + "/" + emptyName)
	if err != nil {
		return "", err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range Architectures() {
		image, err := emptyImage(architecture)
		if err != nil {
			return "", err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
		})
	}
	if err := remote.WriteIndex(tag, index, remote.WithContext(ctx)); err != nil {
		return "", fmt.Errorf("push the empty base image: %w", err)
	}
	digest, err := index.Digest()
	if err != nil {
		return "", err
	}
	return tag.Context().Digest(digest.String()).String(), nil
}

func emptyImage(architecture string) (v1.Image, error) {
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	return mutate.ConfigFile(mutate.ConfigMediaType(image, types.OCIConfigJSON), &v1.ConfigFile{
		OS: "linux", Architecture: architecture,
		Config: v1.Config{User: "65532", WorkingDir: "/"},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
	})
}
