package localpostgres

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/authority"
)

// As RDS is used: at its own address, by TLS, with a password that is rotated under open connections.
func TestALoginIsMadeAndItsPasswordRotated(t *testing.T) {
	vouched, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := vouched.Issue("db.example.internal")
	if err != nil {
		t.Fatal(err)
	}
	const address = "127.77.251.2:5432"
	s := start(t, Options{Listen: address, Certificate: certificate, Key: key})
	login := func(password string) string {
		return (&url.URL{Scheme: "postgres", User: url.UserPassword("mas-ter", password), Host: address, Path: "d'b", RawQuery: "sslmode=require"}).String()
	}
	const first, second = `o'ne\`, "two"
	for range 2 { // again changes nothing
		if err := s.Ensure(t.Context(), Login{"mas-ter", first, "d'b"}); err != nil {
			t.Fatal(err)
		}
	}
	open := connect(t, login(first))
	const query = `SELECT ssl::text || current_user || (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user) FROM pg_stat_ssl WHERE pid = pg_backend_pid()`
	if got := text(t, open, query); got != "truemas-tertrue" {
		t.Errorf("TLS, user, makes roles: %s", got)
	}
	if err := s.Ensure(t.Context(), Login{"mas-ter", second, "d'b"}); err != nil {
		t.Fatal(err)
	}
	text(t, open, `SELECT 'still here'`)
	text(t, connect(t, login(second)), `SELECT 'new'`)
	if _, err := pgx.Connect(context.Background(), login(first)); err == nil || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("the old password gives %v", err)
	}
	if _, err := pgx.Connect(t.Context(), s.URL(User)); err != nil {
		t.Errorf("the server's own role: %v", err)
	}
}
