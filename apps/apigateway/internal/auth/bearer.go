package auth

import (
	"fmt"
	"net/http"
	"strings"
)

// maxCredential bounds what is looked at. Supabase's tokens have about 1 KiB, more with custom claims.
const maxCredential = 8 << 10

// bearer gives the one credential of the request, in the characters of RFC 6750.
func bearer(header http.Header) (string, *Error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return "", missing()
	}
	if len(values) > 1 {
		return "", refused(fmt.Sprintf("there must be one Authorization header, got %d", len(values)), nil)
	}
	scheme, credential, _ := strings.Cut(values[0], " ")
	credential = strings.TrimLeft(credential, " ")
	if !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return "", missing()
	}
	if len(credential) > maxCredential {
		return "", refused(fmt.Sprintf("the credential must have at most %d bytes, got %d", maxCredential, len(credential)), nil)
	}
	if strings.ContainsFunc(credential, notToken68) {
		return "", refused("the credential has characters that no API key and no token has", nil)
	}
	return credential, nil
}

func notToken68(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("-._~+/=", r)
}
