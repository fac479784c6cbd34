//go:build live

package images_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/sandbox"
)

// TestImagesTrustTheEmbeddedRootsAlone lets an image's program talk to a server of a CA that no public root vouches for. Roots
// in the image's files win over the embedded ones, unless Go is told otherwise: that it then refuses shows that they are there.
func TestImagesTrustTheEmbeddedRootsAlone(t *testing.T) {
	server := newDatabase(t)
	for name, c := range map[string]struct {
		env   []string
		files []sandbox.File
		trust bool
	}{
		"no roots but the embedded ones":   {nil, nil, false},
		"the CA in the image's files":      {nil, server.roots, true},
		"the embedded roots are asked for": {[]string{"GODEBUG=x509usefallbackroots=1"}, server.roots, false},
	} {
		i := pull(t, contract.WorkflowEngine())
		process, err := sandbox.Start(t.Context(), sandbox.Spec{
			Root: i.Root, Command: i.Command("migrate"), User: nonroot, ReadOnly: true, Files: c.files,
			Env: append(c.env, contract.DatabaseURL+"=postgres://user:password@"+server.address+"/name?sslmode=verify-full&connect_timeout=10"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if trusted := server.greet(t); trusted != c.trust {
			t.Errorf("%s: the server was trusted: %v, want %v", name, trusted, c.trust)
		}
		process.Kill()
	}
}

// database is as much of PostgreSQL as a client sees before it sends anything: TLS.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
type database struct {
	address  string
	listener net.Listener
	tls      *tls.Config
	roots    []sandbox.File // its CA, where Go looks for roots
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	source := httptest.NewUnstartedServer(nil)
	source.StartTLS() // makes the certificate
	defer source.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: source.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &database{
		address: listener.Addr().String(), listener: listener, tls: &tls.Config{Certificates: source.TLS.Certificates},
		roots: []sandbox.File{{Source: bundle, Path: "/etc/ssl/certs/ca-certificates.crt"}},
	}
}

// greet takes one connection, and says whether its client goes on after it has seen the certificate.
func (d *database) greet(t *testing.T) (trusted bool) {
	t.Helper()
	if err := d.listener.(*net.TCPListener).SetDeadline(time.Now().Add(drain)); err != nil {
		t.Fatal(err)
	}
	raw, err := d.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(drain))                   // a TCP connection takes any
	if _, err := io.ReadFull(raw, make([]byte, 8)); err != nil { // "may we speak TLS?"
		t.Fatal(err)
	}
	if _, err := raw.Write([]byte("S")); err != nil {
		t.Fatal(err)
	}
	_, err = tls.Server(raw, d.tls).Read(make([]byte, 1)) // the handshake, and the client's first word
	return err == nil
}
