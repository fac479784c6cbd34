package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", "0.5", 500 * time.Millisecond},
		{"Retry-After", "1e300", Longest},
		{"Retry-After", "-1", 0},
		{"Retry-After", "NaN", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT", 0},
		{"Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT", Longest},
		{"Retry-After-Ms", "250", 250 * time.Millisecond},
	} {
		if got := Parse(http.Header{test.name: {test.value}}); got != test.want {
			t.Errorf("%s: %s gives %s, want %s", test.name, test.value, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("7")
	f.Add("Fri, 31 Dec 2100 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if got := Parse(http.Header{"Retry-After": {value}}); got < 0 || got > Longest {
			t.Errorf("%q gives %s", value, got)
		}
	})
}
