package engine

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/agentteam/agentteam/internal/identity"
)

// signer tells the engine who calls. Calls without a caller go out as they are: the engine admits those
// that tell about itself and refuses all others.
type signer struct{ key string }

func (s signer) unary(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, err := s.assert(ctx)
	if err != nil {
		return err
	}
	return call(ctx, method, request, answer, conn, options...)
}

func (s signer) stream(ctx context.Context, about *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, err := s.assert(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, about, conn, method, options...)
}

func (s signer) assert(ctx context.Context) (context.Context, error) {
	caller, ok := identity.From(ctx)
	if !ok {
		return ctx, nil
	}
	assertion, err := identity.Sign(s.key, caller, time.Now())
	if err != nil {
		return nil, err
	}
	return metadata.AppendToOutgoingContext(ctx, identity.MetadataKey, assertion), nil
}
