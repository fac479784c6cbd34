package images

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/contract"
)

// inspect reads an image, and refuses one that the task definitions could not run.
func inspect(ctx context.Context, repository, tag string, service contract.Service) (Image, error) {
	reference, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return Image{}, err
	}
	index, err := remote.Index(reference, remote.WithContext(ctx))
	if err != nil {
		return Image{}, err
	}
	digest, err := index.Digest()
	if err != nil {
		return Image{}, err
	}
	image := Image{Service: service, Tag: tag, Digest: digest.String()}
	manifest, err := index.IndexManifest()
	if err != nil {
		return Image{}, err
	}
	var found []string
	for _, m := range manifest.Manifests {
		variant, err := index.Image(m.Digest)
		if err != nil {
			return Image{}, err
		}
		platform, err := inspectVariant(variant, m, service)
		if err != nil {
			return Image{}, fmt.Errorf("%s: %w", m.Platform, err)
		}
		image.Platforms = append(image.Platforms, platform)
		found = append(found, platform.Name)
	}
	if !slices.Equal(found, platforms()) {
		return Image{}, fmt.Errorf("its platforms must be %v, got %v", platforms(), found)
	}
	return image, nil
}

func inspectVariant(variant v1.Image, at v1.Descriptor, service contract.Service) (Platform, error) {
	config, err := variant.ConfigFile()
	if err != nil {
		return Platform{}, err
	}
	if got := config.Config.Entrypoint; !slices.Equal(got, []string{service.Binary}) {
		return Platform{}, fmt.Errorf("its entry point must be %s, got %v", service.Binary, got)
	}
	if got := config.Config.User; got != user {
		return Platform{}, fmt.Errorf("its user must be %s, got %q", user, got)
	}
	manifest, err := variant.Manifest()
	if err != nil {
		return Platform{}, err
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	if size > maxSize {
		return Platform{}, fmt.Errorf("it must have at most %d bytes, compressed, got %d: find what grew by go tool nm -size", maxSize, size)
	}
	return Platform{Name: at.Platform.OS + "/" + at.Platform.Architecture, Size: size, SBOM: sbomTag(at.Digest)}, nil
}

// sbomTag is where ko attaches an SBOM to an image, and where cosign and scanners look for it.
func sbomTag(digest v1.Hash) string { return contract.AttachmentTagPrefix + digest.Hex + ".sbom" }
