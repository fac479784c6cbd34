package id_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/id"
)

func TestNamesSortByTheTimeTheyWereMade(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = id.New(id.Run)
	}
	if !slices.IsSorted(names) {
		t.Error("the names are not in the order they were made in")
	}
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("%d of %d names are unique", len(unique), len(names))
	}
}

func TestValid(t *testing.T) {
	name := id.New("run")
	if !strings.HasPrefix(name, "run_") || len(name) != 30 || !id.Valid("run", name) {
		t.Fatalf("New made %q", name)
	}
	for what, bad := range map[string]string{
		"empty":                "",
		"only a prefix":        "run_",
		"another prefix":       "wfl" + name[3:],
		"short":                name[:29],
		"long":                 name + "0",
		"upper case":           strings.ToUpper(name),
		"no base32hex":         name[:29] + "z",
		"bits beyond 128":      name[:29] + "1",
		"a space":              name[:10] + " " + name[11:],
		"a line break is read": name[:28] + "\n0",
	} {
		if id.Valid("run", bad) {
			t.Errorf("%s: %q is valid", what, bad)
		}
	}
}

func FuzzValid(f *testing.F) {
	f.Add("run_01jd9c2k0000000000000000vg")
	f.Add(id.New("run"))
	f.Fuzz(func(t *testing.T, text string) {
		if id.Valid("run", text) && (len(text) != 30 || strings.Trim(text[4:], "0123456789abcdefghijklmnopqrstuv") != "") {
			t.Errorf("%q is valid", text)
		}
	})
}
