package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/agentteam/agentteam/internal/process"
)

// StartDetached runs an emulator that outlives this process and that Find finds again.
func StartDetached(ctx context.Context, c Config) (*Emulator, error) {
	e, err := launch(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	state, err := json.Marshal(e)
	if err == nil {
		err = os.WriteFile(stateFile(c.Dir), state, 0o644)
	}
	if err != nil {
		_ = e.Stop()
		return nil, fmt.Errorf("record the running emulator: %w", err)
	}
	return e, nil
}

// Find returns the emulator that StartDetached left running with this folder, or nil.
func Find(dir string) (*Emulator, error) {
	state, err := os.ReadFile(stateFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var e Emulator
	if err := json.Unmarshal(state, &e); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; remove it", stateFile(dir), err)
	}
	// After a reboot the number may belong to a stranger, who must not be stopped.
	if !strings.Contains(process.CommandLine(e.PID), filepath.Join(dir, "patches")) {
		return nil, nil
	}
	return &e, nil
}

func stateFile(dir string) string { return filepath.Join(dir, "emulator.json") }
