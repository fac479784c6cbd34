package telemetry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/envconfig"
	"github.com/agentteam/agentteam/internal/telemetry"
)

func record(t *testing.T, out *bytes.Buffer) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out.Reset()
	return got
}

func TestTheLogKnowsWhatItsContextKnows(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(telemetry.NewLogHandler(telemetry.NewLogHandler(slog.NewJSONHandler(&out, nil)))).With("service", "sample")
	sample := start(t, "", io.Discard)
	ctx, end := engine(t, sample).StartTask(telemetry.WithRequestID(t.Context(), "req_1"), telemetry.Task{Run: "run_1", Type: "http"})
	defer end("")

	log.InfoContext(ctx, "plain", "a", 1)
	if got := strings.Count(out.String(), "run_id"); got != 1 {
		t.Errorf("run_id is there %d times", got)
	}
	got := record(t, &out)
	trace := strings.Split(telemetry.Carrier(ctx), "-")
	for key, want := range map[string]any{"request_id": "req_1", "run_id": "run_1", "trace_id": trace[1], "span_id": trace[2], "service": "sample", "a": 1.0} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}

	log.WithGroup("call").With("kind", "model").InfoContext(ctx, "in a group", "a", 1)
	got = record(t, &out)
	if got["run_id"] != "run_1" || got["service"] != "sample" {
		t.Errorf("the ids are not at the top: %v", got)
	}
	if group, _ := got["call"].(map[string]any); len(group) != 2 || group["kind"] != "model" || group["a"] != 1.0 {
		t.Errorf("the group is %v", got["call"])
	}

	log.InfoContext(t.Context(), "outside")
	if got = record(t, &out); len(got) != 4 {
		t.Errorf("without a request there is %v", got)
	}
	if telemetry.RequestID(ctx) != "req_1" || telemetry.RequestID(t.Context()) != "" {
		t.Error("RequestID does not give what WithRequestID took")
	}
}

// The net below every log line: a secret that is logged, as it is or inside of something, does not show.
func TestTheLogPrintsNoSecret(t *testing.T) {
	const secret = "hunter2hunter2"
	key := envconfig.Secret(secret)
	config := struct {
		Key  envconfig.Secret
		URL  envconfig.PostgresURL
		Keys map[string]envconfig.Secret
		List []envconfig.Secret
		At   *envconfig.Secret
	}{key, envconfig.PostgresURL{Secret: key}, map[string]envconfig.Secret{"a": key}, []envconfig.Secret{key}, &key}
	var out bytes.Buffer
	for _, inner := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		log := slog.New(telemetry.NewLogHandler(inner)).With("with", key, "config", config).WithGroup("group").With("within", config)
		log.InfoContext(telemetry.WithRun(t.Context(), "run_1"), fmt.Sprintf("message %v %+v %#v %s %q %x", key, config, config, key, key, key),
			"key", key, "config", config, "nested", &config, "error", fmt.Errorf("bad key %v in %+v", key, config),
			"any", []any{key, config, &key})
		log.LogAttrs(t.Context(), slog.LevelInfo, "attributes", slog.Group("inner", slog.Any("key", key)), slog.Any("any", config))
	}
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the log shows the secret:\n%s", &out)
		}
	}
	if strings.Count(out.String(), "[redacted]") < 20 {
		t.Errorf("the test logged less than it says:\n%s", &out)
	}
}
