package main

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// parallel calls do for 0 to n-1, at most so many at once, and gives the first error.
func parallel(ctx context.Context, n, atOnce int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}
