package localcloud

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/sampleserver"
	"github.com/agentteam/agentteam/internal/modelsim"
	"github.com/agentteam/agentteam/internal/registry"
)

const (
	modelsPort        = 8098
	readHeaderTimeout = 10 * time.Second
)

// startBeside starts what is there before anything is deployed: images are pushed to the registry, and the
// addresses of models and samples are part of what is deployed.
func (c *Cloud) startBeside(ctx context.Context) error {
	images, err := registry.Start(ctx, registry.Config{Dir: filepath.Join(c.options.Dir, "registry")})
	if err != nil {
		return err
	}
	c.ends("the registry", func() error { return images.Close(context.Background()) })
	c.state.Registry = images.Address

	models := modelsim.New(modelsim.Script{})
	if c.state.Models, err = models.Start(ctx, net.JoinHostPort(c.block.address(servicesPlace).String(), strconv.Itoa(modelsPort))); err != nil {
		return err
	}
	c.ends("the simulated models", models.Close)

	c.serve("the sample server", c.block.claim, sampleserver.New())
	c.state.Samples = "http://" + c.block.claim.Addr().String()
	return nil
}

// startDoor opens the address that stands for the load balancer's.
func (c *Cloud) startDoor(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.options.Port)))
	if err != nil {
		return err
	}
	c.serve("the load balancer", listener, c.balancer)
	c.state.Public = "http://" + listener.Addr().String()
	return nil
}

func (c *Cloud) serve(name string, listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderTimeout}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			c.log.Error("it ended", "server", name, "error", err)
		}
	}()
	c.ends(name, server.Close)
}
