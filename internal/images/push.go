package images

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// promote copies the image from its staging repository into another one, the SBOMs first: whoever finds the tag finds all.
func (i *Image) promote(ctx context.Context, from, to string) error {
	for p := range i.Platforms {
		platform := &i.Platforms[p]
		if _, err := copyTag(ctx, from, to, platform.SBOM); err != nil {
			return err
		}
		platform.SBOM = to + ":" + platform.SBOM
	}
	digest, err := v1.NewHash(i.Digest)
	if err != nil {
		return err
	}
	if _, err := copyTag(ctx, from, to, sbomTag(digest)); err != nil {
		return err
	}
	i.Pushed, err = copyTag(ctx, from, to, i.Tag)
	i.Reference = fmt.Sprintf("%s:%s@%s", to, i.Tag, i.Digest)
	return err
}

// copyTag copies what a tag points at, and says whether it had to.
func copyTag(ctx context.Context, from, to, tag string) (pushed bool, err error) {
	source, err := name.NewTag(from + ":" + tag)
	if err != nil {
		return false, err
	}
	target, err := name.NewTag(to + ":" + tag)
	if err != nil {
		return false, err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	content, err := remote.Get(source, remote.WithContext(ctx))
	if err != nil {
		return false, err
	}
	there, err := remote.Head(target, options...)
	switch {
	case err == nil && there.Digest == content.Digest:
		return false, nil
	case err == nil:
		return false, fmt.Errorf("%s is %s already, and what was built is %s: the tag of an image never moves; commit a change to get a new tag, "+
			"or build on the base that made the first one", target, there.Digest, content.Digest)
	case !isMissing(err):
		return false, remedy(fmt.Errorf("look for %s: %w", target, err), target)
	}
	if err := remote.Push(target, content, options...); err != nil {
		return false, remedy(fmt.Errorf("push %s: %w", target, err), target)
	}
	return true, nil
}

func isMissing(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// remedy adds what to do to the answers that a new user gets.
func remedy(err error, target name.Tag) error {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w; log in first: aws ecr get-login-password | docker login --username AWS --password-stdin %s, "+
			"or set up Amazon's ECR credential helper", err, target.RegistryStr())
	case http.StatusNotFound:
		return fmt.Errorf("%w; the repository %s must be there: the account stack makes it (make bootstrap)", err, target.RepositoryStr())
	default:
		return err
	}
}
