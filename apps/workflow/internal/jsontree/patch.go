package jsontree

import (
	"encoding/json"
	"fmt"

	"github.com/wI2L/jsondiff"
)

// Patch is what leads from one JSON value to another, as JSON Patch (RFC 6902); an empty list if they are equal.
func Patch(from, to string) (json.RawMessage, error) {
	patch, err := jsondiff.CompareJSON([]byte(from), []byte(to))
	if err != nil {
		return nil, fmt.Errorf("compare two JSON values: %w", err)
	}
	if len(patch) == 0 {
		return json.RawMessage("[]"), nil
	}
	return json.Marshal(patch)
}
