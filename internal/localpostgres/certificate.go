package localpostgres

import (
	"errors"
	"os"
	"path/filepath"
)

func (s *Server) certificateFile() string { return filepath.Join(s.home, "certificate.pem") }

func (s *Server) keyFile() string { return filepath.Join(s.home, "key.pem") }

// writeCertificate puts the certificate where the server reads it. Its account alone reads the key.
func (s *Server) writeCertificate() error {
	if s.options.Certificate == nil {
		return nil
	}
	return errors.Join(
		os.WriteFile(s.certificateFile(), s.options.Certificate, 0o600), s.account.own(s.certificateFile()),
		os.WriteFile(s.keyFile(), s.options.Key, 0o600), s.account.own(s.keyFile()),
	)
}
