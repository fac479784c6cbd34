// Package authority is a certificate authority of this machine: it vouches for local servers under the names that the
// real ones have. Its key is in memory alone and ends with the process.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"time"
)

// Authority issues certificates.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// lifetime is longer than any process of a developer's machine.
const lifetime = 365 * 24 * time.Hour

// New makes an authority that nobody trusts yet.
func New() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Agent Team on this machine"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(encoded)
	if err != nil {
		return nil, err
	}
	return &Authority{certificate, key}, nil
}

// Issue makes a server's certificate for DNS names, and its key, both in PEM.
func (a *Authority) Issue(names ...string) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Agent Team"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return block("CERTIFICATE", encoded), block("PRIVATE KEY", secret), nil
}

// Roots are what this machine trusts, where it says so in a file, and this authority.
func (a *Authority) Roots() ([]byte, error) {
	own := block("CERTIFICATE", a.certificate.Raw)
	for _, file := range bundles() {
		machine, err := os.ReadFile(file)
		if err == nil {
			return append(append(machine, '\n'), own...), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return own, nil
}

// bundles are where Linux distributions keep their roots.
func bundles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
		"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, Red Hat
		"/etc/ssl/ca-bundle.pem",             // openSUSE
	}
}

func block(kind string, content []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
}

func serial() *big.Int {
	const bits = 120
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return number
}
