package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTableComparesEachCaseWithItsOwnStock(t *testing.T) {
	seconds := func(all ...int) (samples []sample) {
		for _, s := range all {
			samples = append(samples, sample{wall: time.Duration(s) * time.Second, cpu: time.Second, peak: peaks{program: 50 << 20}})
		}
		return samples
	}
	var out bytes.Buffer
	err := printTable(&out, []*benchCase{
		{name: "app", program: "app", fast: true, samples: seconds(3, 1, 2)},
		{name: "app, stock", program: "app", samples: seconds(8, 90, 4)},
		{name: "empty", program: "empty", fast: true, samples: seconds(1, 1, 1)},
		{name: "empty, stock", program: "empty", samples: seconds(2, 2, 2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"app 2.00 1.00 3.00 1.00 50 n/a 0.25",
		"app, stock 8.00 4.00 90.00 1.00 50 n/a 1.00",
		"empty 1.00 1.00 1.00 1.00 50 n/a 0.50",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("want a line %q in\n%s", want, out.String())
		}
	}
}

func TestFirstDifference(t *testing.T) {
	one := map[string][]byte{"a": []byte("1"), "b": []byte("2")}
	for name, c := range map[string]struct {
		other map[string][]byte
		want  string
	}{
		"the same":      {map[string][]byte{"a": []byte("1"), "b": []byte("2")}, ""},
		"other bytes":   {map[string][]byte{"a": []byte("1"), "b": []byte("3")}, "b"},
		"a stack less":  {map[string][]byte{"a": []byte("1")}, "b"},
		"a stack more":  {map[string][]byte{"a": []byte("1"), "b": []byte("2"), "c": nil}, "c"},
		"no stack left": {nil, "a"},
	} {
		if got := firstDifference(one, c.other); got != c.want {
			t.Errorf("%s: first difference %q, want %q", name, got, c.want)
		}
	}
}
