package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Bounds of a key set. Supabase's has two keys.
const (
	maxKeySet = 64 << 10
	maxKeys   = 32
	minRSA    = 2048 // bits
)

// download gets a JSON Web Key Set (RFC 7517). Keys that cannot verify access tokens are left out.
func download(ctx context.Context, client *http.Client, url string) (map[string]verifyKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the status is %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeySet {
		return nil, fmt.Errorf("a key set must have at most %d bytes", maxKeySet)
	}
	return parseKeySet(text)
}

func parseKeySet(text []byte) (map[string]verifyKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("not a key set: %w", err)
	}
	if set.Keys == nil || len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("a key set must have keys, at most %d, got %d", maxKeys, len(set.Keys))
	}
	keys := make(map[string]verifyKey, len(set.Keys))
	for _, one := range set.Keys {
		if id, key, ok := parseKey(one); ok {
			keys[id] = key
		}
	}
	return keys, nil
}

// parseKey leaves out keys for other uses, and those that nothing can name.
func parseKey(text []byte) (id string, key verifyKey, ok bool) {
	parsed, err := jwk.ParseKey(text)
	if err != nil {
		return "", key, false
	}
	if use, stated := parsed.KeyUsage(); stated && use != string(jwk.ForSignature) {
		return "", key, false
	}
	if key, ok = pin(parsed); !ok {
		return "", key, false
	}
	if stated, has := parsed.Algorithm(); has && stated.String() != key.algorithm.String() {
		return "", key, false
	}
	id, named := parsed.KeyID()
	return id, key, named && id != ""
}

// pin chooses the algorithm by the key's type: a token has no say in it. Symmetric keys are never taken from a
// document that everybody can read.
func pin(parsed jwk.Key) (verifyKey, bool) {
	public, err := jwk.PublicRawKeyOf(parsed)
	if err != nil {
		return verifyKey{}, false
	}
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		return verifyKey{jwa.ES256(), public}, public.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return verifyKey{jwa.RS256(), public}, public.N.BitLen() >= minRSA
	}
	return verifyKey{}, false
}
