package localcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/agentteam/agentteam/internal/fargate"
)

// State is what others may know of a cloud that runs.
type State struct {
	PID         int
	API         string // base URL of the AWS API
	Block       int    // of loopback addresses
	Registry    string // host:port
	Public      string // base URL that stands for the load balancer
	Models      string // base URL of the simulated models
	Samples     string // base URL of the server that the examples call
	Problem     string `json:",omitempty"` // why the last look at the AWS API changed nothing
	Services    []fargate.Status
	Translation Translation
}

// Runs says whether these services run as deployed, and no deployment is under way.
func (s State) Runs(services []fargate.Service) bool {
	for _, wanted := range services {
		runs := func(status fargate.Status) bool {
			return status.Service == wanted.Name && status.Deployment == wanted.Deployment && status.Desired == wanted.Desired && status.Steady
		}
		if !slices.ContainsFunc(s.Services, runs) {
			return false
		}
	}
	return len(services) == len(s.Services)
}

func stateFile(dir string) string { return filepath.Join(dir, "cloud.json") }

// clusterFile has the name of the cluster whose services are run.
func clusterFile(dir string) string { return filepath.Join(dir, "cluster") }

// readState gives the zero state where there is none.
func readState(dir string) (s State, err error) {
	text, err := os.ReadFile(stateFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return State{}, fmt.Errorf("%s cannot be read: %w; remove it", stateFile(dir), err)
	}
	return s, nil
}

// write replaces the files at once: a reader never sees half of one.
func (s State) write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(replace(stateFile(dir), text), replace(filepath.Join(dir, "translation.txt"), []byte(s.Translation.String())))
}

func replace(file string, content []byte) error {
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
