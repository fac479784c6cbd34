package devstack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/agentteam/agentteam/internal/sealing"
)

// workspace is the name of the workspace that keys are made in.
const workspace = "Development"

// NewKey makes a workspace and an API key that may do everything in it, as an operator does: with the gateway's own command.
func (s *Stack) NewKey(ctx context.Context) (string, error) {
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, s.binaries.gateway, "api-key", "create", "--workspace", workspace, "--role", "admin")
	cmd.Env, cmd.Stdout, cmd.Stderr = s.shared(), &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("apigateway api-key create: %w\n%s", err, strings.TrimSpace(problems.String()))
	}
	for word := range strings.FieldsSeq(out.String()) {
		if strings.HasPrefix(word, "atk_") {
			return word, nil
		}
	}
	return "", errors.New("apigateway api-key create printed no key") // what it printed may be half of one
}

// credentialsKey is kept beside the data, which hold what it has sealed.
func (s *Stack) credentialsKey() (string, error) {
	file := filepath.Join(s.options.Dir, "credentials-key")
	stored, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(stored), err
	}
	key := make([]byte, sealing.KeyBytes)
	_, _ = rand.Read(key) // never fails
	text := base64.StdEncoding.EncodeToString(key)
	return text, os.WriteFile(file, []byte(text), 0o600)
}
