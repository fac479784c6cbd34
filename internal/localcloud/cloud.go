package localcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/agentteam/agentteam/internal/authority"
	"github.com/agentteam/agentteam/internal/balancer"
	"github.com/agentteam/agentteam/internal/fargate"
	"github.com/agentteam/agentteam/internal/process"
	"github.com/agentteam/agentteam/internal/sandbox"
)

const (
	look      = time.Second      // between two looks at the AWS API
	lookAgain = 15 * time.Second // at what no deployment of a service changes
	stopGrace = 10 * time.Second
)

// Options are the choices of a cloud.
type Options struct {
	AWS  aws.Config // reaches the API that things are deployed to
	Dir  string     // receives everything; created when missing
	Data string     // keeps the database; empty: it is temporary
	Port int        // of 127.0.0.1, for the load balancer; 0 takes a free one
	Out  io.Writer  // the log
}

// Cloud runs one environment.
type Cloud struct {
	options   Options
	log       *slog.Logger
	clients   clients
	reader    *fargate.Reader
	agent     *fargate.Agent
	authority *authority.Authority
	balancer  *balancer.Balancer
	block     block
	guard     *process.Guard
	names     *names
	changed   chan struct{}

	mu        sync.Mutex // guards what follows
	endpoints endpoints

	// The loop alone uses these.
	state       State
	database    *database
	cache       *cache
	definitions []fargate.Definition
	read        time.Time // the endpoints
	deployments []string  // for which they were read
	parts       []part
}

// part is something to end.
type part struct {
	name string
	end  func() error
}

// Start starts what is there before anything is deployed. Run does the rest.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if err := sandbox.Check(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(o.Out, nil))
	c := &Cloud{options: o, log: log, clients: newClients(o.AWS), reader: fargate.NewReader(o.AWS), balancer: balancer.New(log), changed: make(chan struct{}, 1)}
	for _, step := range []func(context.Context) error{c.prepare, c.startBeside, c.startDoor, c.makeAgent} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, c.end())
		}
	}
	c.state.PID, c.state.API = os.Getpid(), aws.ToString(o.AWS.BaseEndpoint)
	return c, c.state.write(o.Dir)
}

// State is what the cloud was told to be of it, as others see it.
func (c *Cloud) State() (State, error) { return readState(c.options.Dir) }

// Run runs what is deployed until the context ends, and then ends everything.
func (c *Cloud) Run(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if err := c.pass(ctx); err != nil && ctx.Err() == nil {
			if c.state.Problem != err.Error() {
				c.log.Error("look again", "error", err)
			}
			c.state.Problem = err.Error()
		} else {
			c.state.Problem = ""
		}
		c.state.Services, c.state.Translation = c.agent.Status(), c.translate(c.definitions)
		if err := c.state.write(c.options.Dir); err != nil {
			return errors.Join(err, c.end())
		}
		select {
		case <-ctx.Done():
			return c.end()
		case <-ticker.C:
		case <-c.changed:
		}
	}
}

func (c *Cloud) prepare(ctx context.Context) (err error) {
	before, err := readState(c.options.Dir)
	if err != nil {
		return err
	}
	if c.block, err = claimBlock(ctx, before.Block); err != nil {
		return err
	}
	c.state.Block = c.block.number
	c.ends("the block of addresses", func() error {
		_ = c.block.claim.Close() // the sample server may have closed it
		return nil
	})
	if c.guard, err = process.StartGuard(); err != nil {
		return err
	}
	c.ends("the guard", c.guard.Dismiss)
	if c.authority, err = authority.New(); err != nil {
		return err
	}
	c.names, err = newNames(hostsFile(c.options.Dir))
	return err
}

func (c *Cloud) makeAgent(context.Context) error {
	roots, err := c.authority.Roots()
	if err != nil {
		return err
	}
	if err := os.WriteFile(rootsFile(c.options.Dir), roots, 0o644); err != nil {
		return err
	}
	c.agent = fargate.NewAgent(fargate.Options{
		Reader: c.reader, Reporter: fargate.NewReporter(c.options.AWS), Machine: Machine(c.options.Dir, c.state),
		Network: &network{cloud: c, taken: map[netip.Addr]bool{}, named: map[netip.Addr]time.Time{}}, Logs: c.logs(), Notify: c.notify,
		Complain: func(err error) { c.log.Warn("tell the AWS API", "error", err) },
	})
	return nil
}

func (c *Cloud) logs() string { return filepath.Join(c.options.Dir, "logs") }

func (c *Cloud) ends(name string, end func() error) { c.parts = append(c.parts, part{name, end}) }

// notify never waits.
func (c *Cloud) notify() {
	select {
	case c.changed <- struct{}{}:
	default: // it is to be looked at anyway
	}
}

// pass makes what runs what is deployed now: first what the tasks stand on, then the tasks.
func (c *Cloud) pass(ctx context.Context) error {
	cluster, err := os.ReadFile(clusterFile(c.options.Dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has said yet which one
	}
	if err != nil {
		return err
	}
	services, err := c.reader.Services(ctx, string(cluster))
	if err != nil {
		return err
	}
	if err := c.readEndpoints(ctx, services); err != nil {
		return err
	}
	c.definitions = nil
	for _, s := range services {
		d, err := c.reader.Definition(ctx, s.Definition)
		if err != nil {
			return err
		}
		c.definitions = append(c.definitions, d)
		if err := c.provide(ctx, d); err != nil {
			return fmt.Errorf("service %s: %w", s.Name, err)
		}
	}
	if err := c.agent.Converge(ctx, services); err != nil {
		return err
	}
	standalone, err := c.reader.Standalone(ctx, string(cluster))
	if err != nil {
		return err
	}
	c.agent.RunStandalone(standalone)
	return nil
}

// provide runs what a task of this definition reaches.
func (c *Cloud) provide(ctx context.Context, d fargate.Definition) error {
	secrets, err := c.reader.Secrets(ctx, d)
	if err != nil {
		return err
	}
	for _, value := range secrets {
		if err := c.useDatabase(ctx, value); err != nil {
			return err
		}
	}
	for _, v := range d.Container.Environment {
		if err := c.useCache(ctx, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// readEndpoints asks again when a service was deployed, and now and then.
func (c *Cloud) readEndpoints(ctx context.Context, services []fargate.Service) error {
	deployments := make([]string, 0, len(services))
	for _, s := range services {
		deployments = append(deployments, s.Deployment)
	}
	if slices.Equal(deployments, c.deployments) && time.Since(c.read) < lookAgain {
		return nil
	}
	found, err := c.clients.read(ctx, services)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.endpoints = found
	c.mu.Unlock()
	c.deployments, c.read = deployments, time.Now()
	if len(found.Doors) > 1 {
		return fmt.Errorf("there are %d target groups: this machine runs one load balancer", len(found.Doors))
	}
	for _, d := range found.Doors {
		c.balancer.Configure(d.Group)
	}
	return nil
}

// name is a service's name in DNS.
func (c *Cloud) name(s fargate.Service) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endpoints.Names[s.DiscoveryService]
}

// end ends everything: the tasks first, then what they stand on.
func (c *Cloud) end() error {
	var problems []error
	if c.agent != nil {
		c.agent.Stop()
	}
	if c.cache != nil {
		problems = append(problems, c.cache.stop())
	}
	if c.database != nil {
		problems = append(problems, c.database.server.Stop())
	}
	for _, p := range slices.Backward(c.parts) {
		if err := p.end(); err != nil {
			problems = append(problems, fmt.Errorf("end %s: %w", p.name, err))
		}
	}
	return errors.Join(problems...)
}
