// Package sealing keeps secrets of tenants in the database: whoever reads its rows or backups without the key reads none
// of them, and a row that is copied to another place cannot be opened there.
package sealing

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// KeyBytes is the length of the master key: AES-256.
const KeyBytes = 32

// Sealer seals by AES-256-GCM, each secret with a data key of its own that the master key wraps, so that the master key
// never comes near its limit of messages. https://developers.google.com/tink/client-side-encryption
type Sealer struct{ envelope *aead.KMSEnvelopeAEAD }

// Place is where a secret belongs. It is authenticated, not stored: a secret opens only where it was sealed for.
type Place struct {
	Workspace string // the tenant's id
	Purpose   string // what kind of secret it is, such as "credential"
	ID        string // of the row that holds it
}

// New takes the master key in base64. Its error does not repeat the key.
func New(key string) (*Sealer, error) {
	master, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil, fmt.Errorf("must be %d bytes in base64, and is not base64: make one with openssl rand -base64 %d", KeyBytes, KeyBytes)
	}
	if len(master) != KeyBytes {
		return nil, fmt.Errorf("must be %d bytes in base64, got %d bytes: make one with openssl rand -base64 %d", KeyBytes, len(master), KeyBytes)
	}
	wrap, err := subtle.NewAESGCM(master)
	if err != nil {
		return nil, fmt.Errorf("cannot be used: %w", err)
	}
	return &Sealer{aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), wrap)}, nil
}

// Seal gives what may be stored. Sealing one secret twice gives two results.
func (s *Sealer) Seal(secret []byte, at Place) ([]byte, error) {
	sealed, err := s.envelope.Encrypt(secret, at.data())
	if err != nil {
		return nil, fmt.Errorf("cannot seal a secret: %w", err)
	}
	return sealed, nil
}

// Open gives the secret back. It cannot say which of the three is wrong: the key, the place or the bytes.
func (s *Sealer) Open(sealed []byte, at Place) ([]byte, error) {
	secret, err := s.envelope.Decrypt(sealed, at.data())
	if err != nil {
		return nil, errors.New("a stored secret cannot be opened: it was sealed with another master key, for another place, or was altered")
	}
	return secret, nil
}

// data separates by a byte that no id has.
func (p Place) data() []byte {
	return []byte(strings.Join([]string{p.Workspace, p.Purpose, p.ID}, "\x00"))
}
