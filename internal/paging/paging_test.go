package paging_test

import (
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/paging"
)

func cursor() paging.Cursor {
	return paging.Cursor{Kind: "runs", Time: time.Date(2026, 11, 22, 20, 30, 0, 123456000, time.UTC), ID: "run_01jd9c2k0000000000000000vg"}
}

func TestATokenGivesItsCursorBack(t *testing.T) {
	for _, want := range []paging.Cursor{cursor(), {Kind: "runs", Time: time.Unix(-1, 0).UTC(), ID: "1"}} {
		got, err := paging.Decode("runs", paging.Encode(want))
		if err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	if c, err := paging.Decode("runs", ""); err != nil || !c.First() {
		t.Errorf("an empty token: %+v, %v", c, err)
	}
}

func TestOtherTokensAreRefused(t *testing.T) {
	good := paging.Encode(cursor())
	other := cursor()
	other.Kind = "workflows"
	odd, long := cursor(), cursor()
	odd.ID = "run'; DROP\n"
	long.ID = strings.Repeat("x", 129)
	for what, token := range map[string]string{
		"another list's":    paging.Encode(other),
		"cut":               good[:8],
		"no id":             paging.Encode(paging.Cursor{Kind: "runs", Time: time.Now()}),
		"another version's": "Ag" + good[2:],
		"not base64url":     "+" + good[1:],
		"padded":            good + "=",
		"with a line break": good[:10] + "\n" + good[10:],
		"an odd id":         paging.Encode(odd),
		"a long id":         paging.Encode(long),
		"too long":          strings.Repeat("A", 257),
	} {
		_, err := paging.Decode("runs", token)
		if err == nil || !strings.Contains(err.Error(), "leave it out") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSize(t *testing.T) {
	for requested, want := range map[int]int{-1: 50, 0: 50, 1: 1, 200: 200, 201: 200} {
		if got := paging.Size(requested); got != want {
			t.Errorf("Size(%d) = %d, want %d", requested, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(paging.Encode(cursor()))
	f.Add("")
	f.Add("AQRydW5z")
	f.Add("AQAAAAAAAAAAAGE")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := paging.Decode("runs", token)
		if err == nil && token != "" && (paging.Encode(c) != token || c.Kind != "runs" || c.First()) {
			t.Errorf("%q gives %+v", token, c)
		}
	})
}
