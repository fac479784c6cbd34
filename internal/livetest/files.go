package livetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// stackFile is the configuration in a stack's folder.
const stackFile = "cdk.tf.json"

// StateBucket is the name of the bucket that the stacks in a folder keep their states in. Whoever deploys
// chooses it, so tests ask.
func StateBucket(t testing.TB, stacks string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(stacks, "production", stackFile))
	must(t, err)
	var stack struct {
		Terraform struct {
			Backend struct{ S3 struct{ Bucket string } }
		}
	}
	must(t, json.Unmarshal(data, &stack))
	return stack.Terraform.Backend.S3.Bucket
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
