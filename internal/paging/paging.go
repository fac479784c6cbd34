// Package paging cuts lists into pages. A token says where the page before ended, not how far it was, so
// that rows which come and go meanwhile neither shift nor repeat others.
package paging

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The bounds of a page, and of a token's parts.
const (
	DefaultSize = 50
	MaxSize     = 200

	maxToken = 256
	maxKind  = 16
	maxID    = 128

	version = 1
	header  = 2 // version, length of the kind
	moment  = 8
)

// Cursor is the place of one row in a list that is sorted by time and then by id.
type Cursor struct {
	Kind string    // the list, such as "runs"
	Time time.Time // to the microsecond, as PostgreSQL keeps it
	ID   string
}

// First says whether the list is to be read from its beginning.
func (c Cursor) First() bool { return c.ID == "" }

// Size is how many rows a page gets: what was asked for, within 1-200, and 50 for 0.
func Size(requested int) int {
	if requested <= 0 {
		return DefaultSize
	}
	return min(requested, MaxSize)
}

// Encode makes the token that the next page is asked for with. Users must not read anything into it.
func Encode(c Cursor) string {
	bytes := append([]byte{version, byte(len(c.Kind))}, c.Kind...) //nolint:gosec // kinds are our own words
	bytes = binary.BigEndian.AppendUint64(bytes, uint64(c.Time.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(bytes, c.ID...))
}

// Decode reads a token of the list of that kind; an empty one is its beginning. It refuses another list's, another
// build's, and whatever Encode does not make.
func Decode(kind, token string) (Cursor, error) {
	if token == "" {
		return Cursor{Kind: kind}, nil
	}
	if len(token) > maxToken {
		return Cursor{}, fmt.Errorf("a page token has at most %d characters, got %d: %w", maxToken, len(token), errToken)
	}
	bytes, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return Cursor{}, errToken
	}
	c, ok := parse(bytes)
	if !ok || Encode(c) != token {
		return Cursor{}, errToken
	}
	if c.Kind != kind {
		return Cursor{}, fmt.Errorf("it is of another list: %w", errToken)
	}
	return c, nil
}

// errToken goes to the user.
var errToken = errors.New("the page token is not one that this list gave; leave it out to begin with the first page")

func parse(bytes []byte) (Cursor, bool) {
	if len(bytes) < header || bytes[0] != version || int(bytes[1]) > maxKind {
		return Cursor{}, false
	}
	rest := bytes[header:]
	kind := int(bytes[1])
	if len(rest) <= kind+moment {
		return Cursor{}, false
	}
	micros := int64(binary.BigEndian.Uint64(rest[kind:])) //nolint:gosec // the bits of a signed number
	c := Cursor{Kind: string(rest[:kind]), Time: time.UnixMicro(micros).UTC(), ID: string(rest[kind+moment:])}
	return c, len(c.ID) <= maxID && printable(c.ID) && c.Time.Year() >= 0 && c.Time.Year() <= 9999
}

func printable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
