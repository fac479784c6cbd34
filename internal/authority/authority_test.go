package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/agentteam/agentteam/internal/authority"
)

func TestACertificateHoldsForItsNamesAmongThoseWhoTrustTheAuthority(t *testing.T) {
	a, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := a.Issue("db.example.internal")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := a.Roots()
	if err != nil {
		t.Fatal(err)
	}
	trusting := x509.NewCertPool()
	trusting.AppendCertsFromPEM(pem)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "db.example.internal", Roots: trusting}); err != nil {
		t.Error(err)
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "other.example.internal", Roots: trusting}); err == nil {
		t.Error("it holds for another name")
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "db.example.internal", Roots: x509.NewCertPool()}); err == nil {
		t.Error("it holds among those who trust nobody")
	}
}
