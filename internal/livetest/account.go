package livetest

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/agentteam/agentteam/internal/terraform"
)

// Account deploys the account stack as its documented first run does: with its state in a file, which
// then moves into the bucket that it made. Every environment needs it.
func (w *World) Account(t testing.TB, log io.Writer) terraform.Runner {
	t.Helper()
	ctx := t.Context()
	first := w.Terraform(filepath.Join(Synthesize(t, "AGENTTEAM_STATE=local"), "account"), log)
	must(t, first.Init(ctx))
	_, err := first.Plan(ctx, "plan")
	must(t, err)
	must(t, first.Apply(ctx, "plan"))

	// The same folder with the other backend, so that terraform sees where the state was.
	second := filepath.Join(Synthesize(t), "account")
	must(t, copyFile(filepath.Join(second, stackFile), filepath.Join(first.Dir, stackFile)))
	must(t, first.Init(ctx, "-migrate-state", "-force-copy"))
	return first
}
