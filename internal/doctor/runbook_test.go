package doctor

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// wantInRunbook checks that the page for people has a row for a finding: one in whose first cell every part between the dots is what
// the doctor says.
func wantInRunbook(t *testing.T, f Finding) {
	t.Helper()
	page, err := os.ReadFile("../../docs/runbooks/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	said := f.What + "\n" + strings.Join(f.Evidence, "\n")
	for _, row := range regexp.MustCompile(`(?m)^\| (.+?) \| .+ \|$`).FindAllStringSubmatch(string(page), -1) {
		if holds(said, regexp.MustCompile("[…,`]").Split(row[1], -1)) {
			return
		}
	}
	t.Errorf("docs/runbooks/findings.md has no row for %q with %q", f.What, f.Evidence)
}

func holds(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, strings.TrimSpace(part)) {
			return false
		}
	}
	return true
}
