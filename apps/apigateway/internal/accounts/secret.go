package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
)

// SecretPrefix begins every API key, so that scanners find a leaked one and a glance tells it from a token.
const SecretPrefix = "atk_"

// secretBytes are 256 random bits: with so many, a plain SHA-256 keeps the key safe.
const secretBytes = 32

// written is a key in a text: 32 bytes are 43 characters of base64.
var written = regexp.MustCompile(SecretPrefix + `[A-Za-z0-9_-]{43}`)

// Hash names an API key in the database, which does not know the key itself.
type Hash = [sha256.Size]byte

// newSecret makes an API key.
func newSecret() string {
	var bits [secretBytes]byte
	_, _ = rand.Read(bits[:]) // never fails: Go ends the process instead
	return SecretPrefix + base64.RawURLEncoding.EncodeToString(bits[:])
}

// HashSecret gives the hash of an API key; false for what newSecret cannot have made, which needs no look-up.
func HashSecret(secret string) (Hash, bool) {
	text, found := strings.CutPrefix(secret, SecretPrefix)
	if !found || len(text) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return Hash{}, false
	}
	bits, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(bits) != secretBytes { // it passes over line breaks
		return Hash{}, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// hint is what a list shows of a key.
func hint(secret string) string { return "…" + secret[len(secret)-4:] }

// HoldsSecret says whether an API key stands somewhere in the text, as it does in the one answer that shows it. A key may have the prefix
// in its middle once more.
func HoldsSecret(text []byte) bool { return written.Match(text) }
