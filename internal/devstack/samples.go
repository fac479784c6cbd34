package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/sampleserver"
)

// SamplesPort is where the examples' documents look for the sample server.
const SamplesPort = 8099

// Example is a folder of examples/.
type Example struct {
	Name     string
	Document []byte
	Inputs   json.RawMessage
}

// Example reads an example. Where the sample server had to take another port, the example says so.
func (s *Stack) Example(name string) (Example, error) {
	return ReadExample(s.options.Root, name, s.Samples)
}

// ReadExample reads an example of the checkout, for a sample server at this base URL.
func ReadExample(root, name, samples string) (Example, error) {
	folder := filepath.Join(root, "examples", name)
	document, err := os.ReadFile(filepath.Join(folder, "workflow.json"))
	if err != nil {
		return Example{}, err
	}
	inputs, err := os.ReadFile(filepath.Join(folder, "inputs.json"))
	if err != nil {
		return Example{}, err
	}
	usual := "http://" + net.JoinHostPort(loopback, strconv.Itoa(SamplesPort))
	here := func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), usual, samples)) }
	return Example{Name: name, Document: here(document), Inputs: here(inputs)}, nil
}

// startSamples serves what the examples call.
func (s *Stack) startSamples(ctx context.Context) error {
	listener, err := listen(ctx, s.options.Ports.Samples)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sampleserver.New(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.reportf("the sample server ended: %v", err)
		}
	}()
	s.started("the sample server", server.Close)
	s.Samples = "http://" + listener.Addr().String()
	s.reportf("sample server for the examples on %s", s.Samples)
	return nil
}
