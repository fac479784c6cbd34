// Package memory is what agents and people keep from run to run: values by namespace and key, and documents to search. Nodes and tools
// reach it by calls that are recorded like any other; expressions do not, because they have to give the same after every crash.
package memory

import (
	"fmt"
	"regexp"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// Bounds of what is asked.
const (
	MaxQuery  = 1_000 // characters
	MaxHits   = 50
	MaxTTL    = 10 * 365 * 24 * time.Hour
	usualHits = 10
)

// CheckName says what is wrong with a namespace, a key or a document's name; empty: nothing is.
func CheckName(what, name string) string {
	if regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$`).MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%s must be 1-128 letters, digits and any of ._:@+-, beginning with a letter or a digit, got %.130q", what, name)
}

// CheckEntry says what is wrong with a value and how long it stays; empty: nothing is.
func CheckEntry(value string, stays time.Duration) string {
	switch {
	case value == "":
		return "value must be JSON, got nothing"
	case len(value) > store.MaxEntry:
		return fmt.Sprintf("value has at most %d bytes as JSON, got %d; keep large things as documents", store.MaxEntry, len(value))
	case stays < 0 || stays > MaxTTL:
		return fmt.Sprintf("ttl must be from 0, for ever, to %s, got %s", MaxTTL, stays)
	}
	return ""
}

// CheckSearch says what is wrong with a search; empty: nothing is.
func CheckSearch(query string, limit int) string {
	switch n := len([]rune(query)); {
	case n < 1 || n > MaxQuery:
		return fmt.Sprintf("query must have from 1 to %d characters, got %d", MaxQuery, n)
	case limit < 0 || limit > MaxHits:
		return fmt.Sprintf("limit must be from 1 to %d, or 0 for %d, got %d", MaxHits, usualHits, limit)
	}
	return ""
}

// Hits is how many a search gives.
func Hits(limit int) int {
	if limit == 0 {
		return usualHits
	}
	return limit
}
