package livetest

import (
	"os"
)

// stackFile is the configuration in a stack's folder.
const stackFile = "cdk.tf.json"

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
