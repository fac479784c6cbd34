package main

import (
	"context"
	"fmt"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/images"
	"github.com/agentteam/agentteam/internal/localcloud"
)

func (p *project) imageTag(ctx context.Context) (string, error) { return images.Tag(ctx, p.root) }

// publish builds the images and pushes them to the local registry, unless it has them.
func (p *project) publish(ctx context.Context, state localcloud.State, tag string) error {
	repository := state.Registry + "/" + contract.Project
	there, err := images.Present(ctx, repository, tag)
	if err != nil || there {
		return err
	}
	built, err := images.Publish(ctx, images.Options{Root: p.root, Dir: p.imagesDir(), Tools: p.tools, Registry: repository, Base: images.EmptyBase, Out: p.out})
	if err != nil {
		return fmt.Errorf("build the images: %w", err)
	}
	if built[0].Tag != tag {
		return fmt.Errorf("files changed while the images were built, and %s is to be deployed, not %s: run make up again", tag, built[0].Tag)
	}
	return nil
}
