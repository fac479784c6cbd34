// Package registry is an image registry on this machine: images are built, pushed, pulled and run without
// Docker and without a network. It keeps everything in a folder, and like ECR with immutable tags it refuses to
// move a tag to another image.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	upstream "github.com/google/go-containerregistry/pkg/registry"
)

// host is an IP address, for which clients speak HTTP without being told.
const host = "127.0.0.1"

// Config says where a registry keeps images and where it listens.
type Config struct {
	Dir  string // created when missing; a registry that is started again on it has the same images
	Port int    // on 127.0.0.1; 0 takes a free one
}

// Registry is a running registry. It ends with Close or with this process.
type Registry struct {
	Address string // host:port, the first part of the references of its images

	server *http.Server
}

// Start serves a registry until Close. Two at once on one folder would not see each other's tags.
func Start(ctx context.Context, c Config) (*Registry, error) {
	handler, err := open(ctx, c.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the registry in %s: %w", c.Dir, err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(c.Port)))
	if err != nil {
		return nil, fmt.Errorf("start the registry: %w; free the port or choose another, 0 for any free one", err)
	}
	r := &Registry{
		Address: listener.Addr().String(),
		server:  &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
	}
	go func() { _ = r.server.Serve(listener) }() // ends with Close
	return r, nil
}

// Close refuses new requests and lets those in flight end, until the context does.
func (r *Registry) Close(ctx context.Context) error {
	if err := r.server.Shutdown(ctx); err != nil {
		return errors.Join(err, r.server.Close())
	}
	return nil
}

// open gives the registry that was last served from this folder.
func open(ctx context.Context, dir string) (http.Handler, error) {
	blobs := filepath.Join(dir, "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return nil, err
	}
	shelf := &shelf{
		dir: filepath.Join(dir, "manifests"),
		next: upstream.New(
			upstream.WithBlobHandler(upstream.NewDiskBlobHandler(blobs)),
			upstream.Logger(log.New(io.Discard, "", 0)),
		),
	}
	return shelf, shelf.load(ctx)
}
