package envconfig_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingPrintsASecret(t *testing.T) {
	config, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", config)
		fmt.Fprintf(&out, verb+"\n", config.InternalAuthKey)
		fmt.Fprintf(&out, verb+"\n", &config.DatabaseURL)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("start", "config", config, "key", config.InternalAuthKey, "database", config.DatabaseURL)
	}
	if err := json.NewEncoder(&out).Encode(config); err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), "rediss://"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("printed %q in:\n%s", leak, &out)
		}
	}
	if config.InternalAuthKey.Reveal() != "hunter2" {
		t.Error("Reveal does not give the value")
	}
}
