package sealing_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/sealing"
)

var home = sealing.Place{Workspace: "wsp_a", Purpose: "credential", ID: "crd_a"}

func TestASecretOpensOnlyWhereItWasSealedFor(t *testing.T) {
	sealer := newSealer(t, 'k')
	sealed := seal(t, sealer, "hunter2")
	if opened, err := sealer.Open(sealed, home); err != nil || string(opened) != "hunter2" {
		t.Errorf("got %q, %v", opened, err)
	}
	for name, place := range map[string]sealing.Place{
		"another workspace": {Workspace: "wsp_b", Purpose: home.Purpose, ID: home.ID},
		"another purpose":   {Workspace: home.Workspace, Purpose: "webhook", ID: home.ID},
		"another row":       {Workspace: home.Workspace, Purpose: home.Purpose, ID: "crd_b"},
	} {
		if opened, err := sealer.Open(sealed, place); err == nil {
			t.Errorf("it opens in %s: %q", name, opened)
		}
	}
}

func TestNothingButTheKeyOpens(t *testing.T) {
	sealer := newSealer(t, 'k')
	sealed := seal(t, sealer, "hunter2")
	if bytes.Contains(sealed, []byte("hunter2")) {
		t.Error("what is stored shows the secret")
	}
	if bytes.Equal(sealed, seal(t, sealer, "hunter2")) {
		t.Error("equal secrets can be told from what is stored")
	}
	if opened, err := newSealer(t, 'x').Open(sealed, home); err == nil {
		t.Errorf("another key opens it: %q", opened)
	}
	for at := range sealed {
		altered := bytes.Clone(sealed)
		altered[at] ^= 1
		if opened, err := sealer.Open(altered, home); err == nil {
			t.Errorf("with byte %d altered it opens: %q", at, opened)
		}
		if _, err := sealer.Open(sealed[:at], home); err == nil {
			t.Errorf("cut to %d bytes it opens", at)
		}
	}
}

func TestABadKeyIsRefusedAndNotShown(t *testing.T) {
	for key, want := range map[string]string{
		"hunter2!": "is not base64",
		base64.StdEncoding.EncodeToString([]byte("hunter2")): "got 7 bytes",
		"": "got 0 bytes",
	} {
		_, err := sealing.New(key)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "openssl rand -base64 32") {
			t.Errorf("%q: %v", key, err)
		}
		if key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("the key is shown: %v", err)
		}
	}
}

func newSealer(t *testing.T, fill byte) *sealing.Sealer {
	t.Helper()
	sealer, err := sealing.New(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, sealing.KeyBytes)))
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func seal(t *testing.T, sealer *sealing.Sealer, secret string) []byte {
	t.Helper()
	sealed, err := sealer.Seal([]byte(secret), home)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
