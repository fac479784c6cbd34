package servicetest

import (
	"strings"
	"testing"
)

func TestTheEndOfALogIsShort(t *testing.T) {
	long := strings.Repeat("x", 2*shownColumn)
	if got := end("first\nsecond\n" + long + "\nlast but one\nlast\n"); got != long[:shownColumn]+"\nlast but one\nlast" {
		t.Errorf("%q", got)
	}
	if got := end(""); got != "" {
		t.Errorf("the end of nothing is %q", got)
	}
}
