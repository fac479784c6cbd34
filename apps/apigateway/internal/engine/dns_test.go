package engine

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc"
)

// TestNewTasksGetCalls adds a task to the name in a DNS server, as service discovery does, and takes the old one out of it.
func TestNewTasksGetCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for DNS to be asked again")
	}
	first, second := new(scripted), new(scripted)
	one, _ := serve(t, first, "127.0.0.1:0")
	_, port, err := net.SplitHostPort(one)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, second, "127.0.0.2:"+port)
	names := serveNames(t)
	names.tasks.Store(&[][4]byte{{127, 0, 0, 1}})
	client := connect(t, "dns://"+names.address+"/engine.test:"+port, grpc.WithResolvers(watchNames()))
	for range 5 {
		if _, err := client.Info(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	names.tasks.Store(&[][4]byte{{127, 0, 0, 1}, {127, 0, 0, 2}})
	await(t, client, "the new task gets calls", func() bool { return second.calls.Load() > 0 })
	names.tasks.Store(&[][4]byte{{127, 0, 0, 2}})
	before := first.calls.Load()
	await(t, client, "the old task gets none", func() bool {
		was := before
		before = first.calls.Load()
		return before == was
	})
}

// await asks the engine until something holds, for much less than the two minutes that are promised.
func await(t *testing.T, client *Client, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	for held := false; !held; held = holds() {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("30 s later it is not so: %s", what)
		}
		for range 4 { // at least one of them goes to each task
			if _, err := client.Info(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("%s after %s", what, time.Since(began))
}

// names is a DNS server that knows one name.
type names struct {
	address string
	tasks   atomic.Pointer[[][4]byte]
}

func serveNames(t *testing.T) *names {
	t.Helper()
	var config net.ListenConfig
	socket, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	n := &names{address: socket.LocalAddr().String()}
	go func() {
		packet := make([]byte, 512)
		for {
			size, from, err := socket.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer, err := n.answer(packet[:size]); err == nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	return n
}

// answer has an address for each task, and nothing for what is asked beside that: IPv6, services, texts.
func (n *names) answer(packet []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return nil, err
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if m.Questions[0].Type == dnsmessage.TypeA {
		for _, ip := range *n.tasks.Load() {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: ip},
			})
		}
	}
	return m.Pack()
}
