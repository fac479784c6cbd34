package authoring

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzRead reads what models write: a document in JSON, or a fault to tell them.
func FuzzRead(f *testing.F) {
	f.Add("```json\n" + `{"document": {"name": "x"}, "unsupported": ["a"]}` + "\n```")
	f.Add(`{"document": [], "unsupported": null}`)
	f.Add(`{"DOCUMENT": {}, "document": {}, "unsupported": [1]}`)
	f.Add("")
	f.Add("{}{}")
	f.Fuzz(func(t *testing.T, text string) {
		a, fault := read(text)
		if fault != "" {
			if a.document != "" || len(fault) > 2_000 {
				t.Errorf("%q gives %q and a fault of %d bytes", text, a.document, len(fault))
			}
			return
		}
		if !json.Valid([]byte(a.document)) || !strings.HasPrefix(a.document, "{") || a.unsupported == nil || len(a.unsupported) > maxUnsupported {
			t.Errorf("%q is taken for %q, %q", text, a.document, a.unsupported)
		}
	})
}
