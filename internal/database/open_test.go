package database_test

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// silent listens and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func TestErrorsNameTheDatabaseAndNeverThePassword(t *testing.T) {
	good, err := url.Parse(databasetest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := *good
	wrong.User = url.UserPassword("agentteam", "hunter2hunter2")
	absent := *good
	absent.Path = "absent"
	for what, test := range map[string]struct{ url, want string }{
		"nobody listens":   {"postgres://app:hunter2hunter2@127.0.0.1:1/app?sslmode=disable", `127.0.0.1:1, database "app", as "app"`},
		"nobody answers":   {"postgres://app:hunter2hunter2@" + silent(t) + "/app?sslmode=disable&connect_timeout=1", `database "app"`},
		"a wrong password": {wrong.String(), "password authentication failed"},
		"no such database": {absent.String(), `database "absent" does not exist`},
		"no URL":           {"postgres://app:hunter2hunter2@host:port/app", "postgres://user:password@host:5432/database"},
		"a broken escape":  {"postgres://app:hunter2hunter2%zz@host/app", "percent-encoded"},
		"a stray word":     {"hunter2hunter2", "postgres://user:password@host:5432/database"},
	} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			_, err := database.Open(t.Context(), test.url, 2)
			migrateErr := database.Migrate(t.Context(), test.url)
			for _, err := range []error{err, migrateErr} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v lacks %q", err, test.want)
				} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "zz") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestAPoolHasItsBounds(t *testing.T) {
	address := databasetest.URL(t)
	for _, most := range []int{0, -1, 1001} {
		if _, err := database.Open(t.Context(), address, most); err == nil || !strings.Contains(err.Error(), "1-1000") {
			t.Errorf("a pool of %d: %v", most, err)
		}
	}
	pool, err := database.Open(t.Context(), address, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if got := pool.Config().MaxConns; got != 3 {
		t.Errorf("the pool takes %d connections", got)
	}
	var name, idle string
	if err := pool.QueryRow(t.Context(), `SELECT current_setting('application_name'), current_setting('idle_in_transaction_session_timeout')`).Scan(&name, &idle); err != nil {
		t.Fatal(err)
	}
	if name != "database.test" || idle != "5s" {
		t.Errorf("application_name %q, idle_in_transaction_session_timeout %s", name, idle)
	}
}
