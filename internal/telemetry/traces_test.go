package telemetry_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/telemetry"
)

func TestTheLogTellsOfACollectorOnce(t *testing.T) {
	var log bytes.Buffer
	export := telemetry.Exporting(&log)
	start := time.Now()
	for second := range 3600 {
		if err := export(start.Add(time.Duration(second)*time.Second), true); err != nil {
			t.Fatalf("the SDK would print %v", err)
		}
	}
	if got := strings.Count(log.String(), "connection refused"); got != 6 {
		t.Errorf("an hour's outage has %d lines, want one in ten minutes", got)
	}
	if err := export(start.Add(time.Hour), false); err != nil || !strings.Contains(log.String(), "answers again\" spans_lost=36000") {
		t.Errorf("%v; the end of the outage is not told:\n%s", err, log.String())
	}
}
