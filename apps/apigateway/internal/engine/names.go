package engine

import (
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/dns"
)

// lookEvery is how often the engine's name is looked up. gRPC by itself looks when it has lost a connection, and then not
// for half a minute: a deployment that replaces both services leaves the gateway with the address of a task that has gone.
const lookEvery = 2 * time.Second

// watched is DNS that is asked again and again, so that new tasks are known before the old ones go.
type watched struct{ resolver.Builder }

// watchNames makes gRPC allow what it asks for: its bound is one for the process.
func watchNames() watched {
	dns.SetMinResolutionInterval(lookEvery / 2)
	return watched{resolver.Get("dns")}
}

// Build starts the looking.
func (w watched) Build(target resolver.Target, cc resolver.ClientConn, options resolver.BuildOptions) (resolver.Resolver, error) {
	found, err := w.Builder.Build(target, cc, options)
	if err != nil {
		return nil, err
	}
	l := &looking{Resolver: found, ticker: time.NewTicker(lookEvery), closed: make(chan struct{})}
	go l.run()
	return l, nil
}

// looking is a resolver until it is closed.
type looking struct {
	resolver.Resolver
	ticker *time.Ticker
	closed chan struct{}
}

// Close ends the looking.
func (l *looking) Close() {
	l.ticker.Stop()
	close(l.closed)
	l.Resolver.Close()
}

func (l *looking) run() {
	for {
		select {
		case <-l.ticker.C:
			l.ResolveNow(resolver.ResolveNowOptions{})
		case <-l.closed:
			return
		}
	}
}
