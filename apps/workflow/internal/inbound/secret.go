package inbound

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// Bounds of a secret that a user gives, in bytes.
const (
	leastSecret = 16
	mostSecret  = 256
)

const (
	secretPrefix = "whsec_" // that of Standard Webhooks, for all forms: it shows what has leaked
	secretBytes  = 32
)

// NewSecret makes a secret of any form, with 256 random bits.
func NewSecret() string {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // it does not fail: Go ends the process instead
	return secretPrefix + base64.StdEncoding.EncodeToString(random)
}

// CheckSecret refuses a secret that the sender cannot mean. The error does not repeat it.
func CheckSecret(form, secret string) error {
	if len(secret) < leastSecret || len(secret) > mostSecret || strings.ContainsFunc(secret, unprintable) {
		return fmt.Errorf("secret must have from %d to %d printable characters, got %d; leave it out to have one made", leastSecret, mostSecret, len(secret))
	}
	if form != Standard {
		return nil
	}
	if _, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix)); err != nil {
		return fmt.Errorf("secret must be %s and base64 for the form %s; leave it out to have one made", secretPrefix, Standard)
	}
	return nil
}
