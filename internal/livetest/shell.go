package livetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// prelude tells the AWS CLI where the API is: its version 1 takes no endpoint of RDS from the environment, and an empty profile for a name.
const prelude = "unset AWS_PROFILE\n" + `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" --region "$AWS_REGION" "$@"; }` + "\n"

// Shell runs commands in a folder until the first that fails, as somebody does who answers yes to every question. The environment
// is added to the world's.
func (w *World) Shell(t testing.TB, folder, commands string, environment ...string) (output string) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatalf("the runbooks use the AWS CLI: install it, such as by apt-get install awscli: %v", err)
	}
	path := "PATH=" + filepath.Dir(w.terraform) + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", prelude+commands)
	cmd.Dir, cmd.Stdin = folder, consent{}
	cmd.Env = slices.Concat(os.Environ(), w.Env, []string{"AWS_PAGER=", path}, environment)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return string(text)
}

// consent says yes for ever.
type consent struct{}

func (consent) Read(p []byte) (int, error) { return copy(p, "yes\n"), nil }
