package outbound

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// get reads the whole answer.
func get(t *testing.T, client *http.Client, address string) ([]byte, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	client := NewClient(Options{Resolver: answers(t, "127.0.0.1")})
	for _, address := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xA9FEA9FE/", "http://0251.0376.0251.0376/", "http://169.254.43518/",
		"http://0xa9.0xfe.0xa9.0xfe/", "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[fd00:ec2::254]/",
		"http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://017700000001/", "http://[::1]/", "http://[::]/", "http://0.0.0.0/", "http://0.1.2.3/", "http://0/",
		"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fc00::1]/", "http://224.0.0.1/", "http://[ff02::1]/",
		"http://255.255.255.255/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://192.0.2.1/", "http://198.18.0.1/",
		"http://localhost/", "http://LOCALHOST./", "http://public.test/", "https://169.254.169.254/", "http://169.254.169.254:8080/",
	} {
		_, err := get(t, client, address)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: want ErrRefused, got %v", address, err)
		}
	}
}

func TestOddAddressesAreRefused(t *testing.T) {
	client := NewClient(Options{})
	for address, want := range map[string]string{
		"file:///etc/passwd":            "must start with http",
		"ftp://example.com/":            "must start with http",
		"gopher://example.com/":         "must start with http",
		"http:///path":                  "no host",
		"http://user:hunter2@127.0.0.1": "Authorization",
	} {
		_, err := get(t, client, address)
		if err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "no Host") {
			t.Errorf("%s: got %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", address, err)
		}
	}
}

func TestAllowedTargets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	defer server.Close()
	byName := strings.Replace(server.URL, "127.0.0.1", "Inside.test", 1)
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, test := range []struct {
		name    string
		options Options
		url     string
		want    error
	}{
		{"prefix", Options{AllowPrefixes: []netip.Prefix{loopback}}, server.URL, nil},
		{"host", Options{AllowHosts: []string{"inside.test"}, Resolver: answers(t, "127.0.0.1")}, byName, nil},
		{"another prefix", Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, server.URL, ErrRefused},
		{"another host", Options{AllowHosts: []string{"test", "x.inside.test"}, Resolver: answers(t, "127.0.0.1")}, byName, ErrRefused},
		{"a host that is the metadata service", Options{AllowHosts: []string{"inside.test"}, Resolver: answers(t, "169.254.169.254")}, byName, ErrRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := get(t, NewClient(test.options), test.url); !errors.Is(err, test.want) {
				t.Errorf("want %v, got %v", test.want, err)
			}
		})
	}
}

// TestAnswersThatChange asks DNS for the same name again and again: the first answer is public, those after
// it are private. None of the connections may be made.
func TestAnswersThatChange(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	resolver := answers(t, "192.88.99.1", "127.0.0.1")
	if ips, err := resolver.LookupHost(t.Context(), "rebind.test"); err != nil || ips[0] != "192.88.99.1" {
		t.Fatalf("the first answer is %v, %v", ips, err)
	}
	client := NewClient(Options{Resolver: resolver})
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := get(t, client, "http://rebind.test:"+port); !errors.Is(err, ErrRefused) {
			t.Errorf("got %v", err)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := MaxBody
		if r.URL.Path == "/more" {
			size++
		}
		_, _ = w.Write(make([]byte, size))
	}))
	defer server.Close()
	client := NewClient(Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	for path, want := range map[string]error{"/": nil, "/more": ErrTooLarge} {
		data, err := get(t, client, server.URL+path)
		if !errors.Is(err, want) || len(data) != MaxBody {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	if _, err := get(t, NewClient(Options{Resolver: answers(t, "10.0.0.1")}), "http://inside.test/"); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func FuzzDisguised(f *testing.F) {
	for _, host := range []string{"127.1", "0x7f.1", "example.com", "1.2.3.4", "a.1", "::1", ""} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		u := &url.URL{Scheme: "http", Host: host}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && disguised(u.Hostname()) {
			t.Errorf("%s is the plain address %s", host, ip)
		}
	})
}
