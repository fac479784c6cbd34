package images

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Present says whether a registry, <host>/<prefix>, has the images of both services under a tag.
func Present(ctx context.Context, registry, tag string) (bool, error) {
	for _, service := range Services() {
		reference, err := name.NewTag(registry + "/" + service.Name + ":" + tag)
		if err != nil {
			return false, err
		}
		_, err = remote.Head(reference, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
		if isMissing(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look for %s: %w", reference, err)
		}
	}
	return true, nil
}
