package envconfig

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted stands where a secret would.
const redacted = "[redacted]"

// Secret is a value that no log, no error and no JSON shows: every way of printing it gives
// "[redacted]". Keep it in exported fields only, because fmt asks no method of an unexported one.
type Secret string

// Reveal gives the value itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (Secret) String() string { return redacted }

// Format hides the value from every verb of fmt, %x and %#v too.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value from JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
