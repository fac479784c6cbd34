package outbound

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// bounded checks each request, those that follow a redirect too, and cuts answers at MaxBody.
type bounded struct{ inner http.RoundTripper }

// RoundTrip refuses what is no plain request to an http or https host.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := CheckURL(request.URL); err != nil {
		return nil, err
	}
	response, err := b.inner.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &limited{ReadCloser: response.Body, left: MaxBody}
	return response, nil
}

// CheckURL says what is wrong with an address before anything is sent: an *InvalidError, or ErrRefused. It is no
// guard by itself: the guard is where the connection is made.
func CheckURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return &InvalidError{"it must start with http:// or https://"}
	case u.Hostname() == "":
		return &InvalidError{"it names no host"}
	case u.User != nil:
		return &InvalidError{"it holds a user name or a password: send them in the header Authorization"}
	case disguised(u.Hostname()):
		return ErrRefused
	}
	return nil
}

// InvalidError is a fault of the address itself. It does not quote it.
type InvalidError struct{ reason string }

// Error says what to change.
func (e *InvalidError) Error() string { return e.reason }

// Redacted is an address without what may be secret in it: user, query and fragment.
func Redacted(u *url.URL) string {
	if u.Opaque != "" {
		return u.Scheme + ":…"
	}
	plain := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return plain.String()
}

// disguised finds hosts that some resolvers read as IPv4 addresses in decimal, octal or hexadecimal, and
// others as names: the WHATWG's rule is that a last label which is a number makes an address.
func disguised(host string) bool {
	if strings.Contains(host, ":") {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	if !strings.HasPrefix(last, "0x") && strings.Trim(last, "0123456789") != "" {
		return false
	}
	return !isPlainIPv4(labels)
}

func isPlainIPv4(labels []string) bool {
	for _, label := range labels {
		if label == "" || len(label) > 3 || strings.Trim(label, "0123456789") != "" || len(label) > 1 && label[0] == '0' {
			return false
		}
	}
	return len(labels) == 4
}

type limited struct {
	io.ReadCloser
	left int64
}

// Read gives ErrTooLarge instead of the first byte that is too much.
func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}
