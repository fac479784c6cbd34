package envconfig

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// PostgresURL is where the database is. It holds a password, so it is a secret.
type PostgresURL struct{ Secret }

// UnmarshalText accepts postgres:// and postgresql:// URLs with a host.
func (u *PostgresURL) UnmarshalText(text []byte) error {
	u.Secret = Secret(text)
	return checkURL(string(text), "postgres", "postgresql")
}

// RedisURL is where Redis is. It may hold a password, so it is a secret.
type RedisURL struct{ Secret }

// UnmarshalText accepts redis:// and rediss:// (TLS) URLs with a host.
func (u *RedisURL) UnmarshalText(text []byte) error {
	u.Secret = Secret(text)
	return checkURL(string(text), "redis", "rediss")
}

// HTTPURL is the base URL of a server that speaks HTTP.
type HTTPURL string

// UnmarshalText accepts http:// and https:// URLs with a host.
func (u *HTTPURL) UnmarshalText(text []byte) error {
	*u = HTTPURL(text)
	return checkURL(string(text), "http", "https")
}

// checkURL never repeats the text, not even the parser's own error: a password stands in many URLs, and
// what is not a URL may be a key that was put into the wrong variable.
func checkURL(text string, schemes ...string) error {
	parsed, err := url.Parse(text)
	if err == nil && slices.Contains(schemes, parsed.Scheme) && parsed.Hostname() != "" {
		return nil
	}
	wanted := strings.Join(schemes, ":// or ") + "://"
	return fmt.Errorf("must be a URL that starts with %s and names a host (its value is not shown: it may hold a password)", wanted)
}
