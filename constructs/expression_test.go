package constructs

import (
	"strings"
	"testing"
)

func TestJSONEncodeKeepsInterpolationsAndEscapesQuotes(t *testing.T) {
	got := *jsonencode(map[string]any{"image": "${var.image}:latest", "say": `"a" < b & c`, "ports": []int{80}})
	want := `${jsonencode({"image":"${var.image}:latest","ports":[80],"say":"\"a\" < b & c"})}`
	if got != want {
		t.Errorf("jsonencode = %s, want %s", got, want)
	}
}

// cdktf takes the ${ } off such an attribute: the services would get the text of the reference.
func TestJSONEncodeRefusesTypedAttributes(t *testing.T) {
	defer func() {
		if fault, _ := recover().(string); !strings.Contains(fault, "write it as X") {
			t.Errorf("a typed attribute inside jsonencode: %q, want what to write instead", fault)
		}
	}()
	jsonencode(map[string]string{"image": "${TfToken[TOKEN.7]}"})
}

func TestPlainNumbersStayNumbers(t *testing.T) {
	if got := *X("5432").Num(); got != 5432 {
		t.Errorf("X(5432).Num() = %v", got)
	}
}
