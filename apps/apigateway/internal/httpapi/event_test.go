package httpapi

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func FuzzParseSeq(f *testing.F) {
	for _, seed := range []string{"0", "1", "9223372036854775807", "9223372036854775808", "-1", "+1", "01", " 1", "1 ", "1e3", "0x1", "", "１"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		seq, err := parseSeq(text)
		if err != nil {
			return
		}
		if seq < 0 || strconv.FormatInt(seq, 10) != text {
			t.Errorf("%q is taken for %d", text, seq)
		}
	})
}

func TestParseSeqRefuses(t *testing.T) {
	for _, text := range []string{"-1", "+1", "01", " 1", "1\n", "1.0", "0x1", "１", "9223372036854775808", strings.Repeat("1", 1000)} {
		if seq, err := parseSeq(text); err == nil || len(err.Error()) > 200 {
			t.Errorf("%q gives %d, %v", text, seq, err)
		}
	}
	if seq, err := parseSeq("9223372036854775807"); err != nil || seq != 9223372036854775807 {
		t.Errorf("the largest gives %d, %v", seq, err)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add("a/b", "{\"text\":\"x\\ny\"}")
	f.Add("a\nid: 9", "{\r\n\"a\" : [ 1 ]\n}")
	f.Fuzz(func(t *testing.T, step, data string) {
		if data != "" && !json.Valid([]byte(data)) {
			return
		}
		frame := string(appendFrame(nil, &workflowv1.RunEvent{Seq: 7, Type: "log", Step: step, DataJson: data}))
		lines := strings.Split(frame, "\n")
		body, ok := strings.CutPrefix(lines[2], "data: ")
		if len(lines) != 5 || lines[0] != "id: 7" || lines[1] != "event: log" || !ok || strings.ContainsRune(frame, '\r') || !json.Valid([]byte(body)) {
			t.Errorf("%q", frame)
		}
	})
}

func FuzzIfMatch(f *testing.F) {
	for _, seed := range []string{`"7"`, `W/"7"`, "*", "7", `"07"`, `"-7"`, `"7", "8"`, `""`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		revision, err := Conditional{IfMatch: given}.revision()
		if trimmed := strings.TrimSpace(given); err == nil && revision == 0 && trimmed != "" && trimmed != "*" || err == nil && revision != 0 && etag(revision) != trimmed {
			t.Errorf("%q is taken for %d", given, revision)
		}
	})
}
