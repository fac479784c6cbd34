package database_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// PostgreSQL's codes of refusals.
const (
	insufficientPrivilege = "42501"
	foreignKeyViolation   = "23503"
	raisedException       = "P0001"
)

func code(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal.Code
	}
	return ""
}

func list(t *testing.T, q database.Querier, query string, arguments ...any) []string {
	t.Helper()
	found, err := q.Query(t.Context(), query, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// The catalog is the list, so that a table which somebody adds without a policy, or without a row here, fails.
func TestEveryTableIsOfOneWorkspace(t *testing.T) {
	pool := databasetest.Open(t)
	tables := list(t, pool, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
		AND relname NOT IN ('goose_db_version', 'executors')`)
	var tested []string
	for _, row := range rows {
		tested = append(tested, row.table)
	}
	slices.Sort(tables)
	slices.Sort(tested)
	if !slices.Equal(tables, tested) {
		t.Errorf("the database has %v\nand the tests try %v", tables, tested)
	}
	if open := list(t, pool, `SELECT relname::text FROM pg_class WHERE relname = ANY($1) AND relnamespace = 'public'::regnamespace
		AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))`, tables); len(open) > 0 {
		t.Errorf("row-level security is not forced on %v", open)
	}
	if private := list(t, pool, `SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
		WHERE grantee IN ($1, 'PUBLIC') AND table_schema = 'public' AND NOT (table_name = ANY($2) AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`,
		database.AppRole, tables); len(private) > 0 {
		t.Errorf("%s may also %v", database.AppRole, private)
	}
}

func TestTheApplicationsRoleIsNobody(t *testing.T) {
	pool := databasetest.Open(t)
	if powers := list(t, pool, `SELECT rolname::text FROM pg_roles WHERE rolname = $1 AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolcanlogin OR rolreplication)
		UNION ALL SELECT b.rolname::text FROM pg_auth_members m JOIN pg_roles a ON a.oid = m.member JOIN pg_roles b ON b.oid = m.roleid WHERE a.rolname = $1`, database.AppRole); len(powers) > 0 {
		t.Errorf("it has powers of %v", powers)
	}
	if owned := list(t, pool, `SELECT classid::regclass::text FROM pg_shdepend WHERE refobjid = $1::regrole AND refclassid = 'pg_authid'::regclass AND deptype = 'o'
		AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`, database.AppRole); len(owned) > 0 {
		t.Errorf("it owns something in %v", owned)
	}
	for _, statement := range []string{`CREATE TABLE mine ()`, `ALTER TABLE runs DISABLE ROW LEVEL SECURITY`, `DROP TABLE runs`, `TRUNCATE events`,
		`SELECT * FROM executors`, `SELECT * FROM goose_db_version`, `CREATE SCHEMA mine`} {
		if _, err := try(t, pool, statement); code(err) != insufficientPrivilege {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestWithoutAWorkspaceThereIsNothing(t *testing.T) {
	pool := filled(t)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	for _, role := range []string{"none", database.AppRole} {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('role', $1, true)`, role); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			var n int
			if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM `+row.table).Scan(&n); err != nil || n != 0 {
				t.Errorf("role %s sees %d rows of %s, %v", role, n, row.table, err)
			}
		}
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	pool := filled(t)
	for _, row := range rows {
		t.Run(row.table, func(t *testing.T) {
			column := owner(row.table)
			err := database.InWorkspace(t.Context(), pool, mine, func(tx pgx.Tx) error {
				if seen := list(t, tx, `SELECT `+column+` FROM `+row.table); !slices.Equal(seen, []string{mine}) {
					t.Errorf("I see rows of %v, want one of mine", seen)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			for _, statement := range []string{`UPDATE ` + row.table + ` SET ` + column + ` = '` + mine + `'`, `DELETE FROM ` + row.table} {
				if n, err := try(t, pool, statement+` WHERE `+column+` <> '`+mine+`'`); err != nil || n != 0 {
					t.Errorf("%s reaches %d of theirs, %v", statement, n, err)
				}
			}
			if _, err := try(t, pool, row.insert, theirs+"2", "new", theirs); code(err) != insufficientPrivilege {
				t.Errorf("a row of a third workspace: %v", err)
			}
			if _, err := try(t, pool, row.insert, theirs, "new", theirs); code(err) != insufficientPrivilege {
				t.Errorf("a row of theirs: %v", err)
			}
			_, err = try(t, pool, `UPDATE `+row.table+` SET `+column+` = '`+theirs+`'`)
			if c := code(err); c != insufficientPrivilege && (!strings.HasSuffix(row.table, "_versions") || c != raisedException) {
				t.Errorf("my row given away: %v", err)
			}
		})
	}
}

func TestNothingHangsOnAnotherWorkspacesRow(t *testing.T) {
	pool := filled(t)
	for _, row := range rows {
		if !slices.Contains(hanging, row.table) {
			continue
		}
		if _, err := try(t, pool, row.insert, mine, "new", mine); err != nil {
			t.Errorf("%s: on mine: %v", row.table, err)
		}
		if _, err := try(t, pool, row.insert, mine, "new", theirs); code(err) != foreignKeyViolation {
			t.Errorf("%s: on theirs: %v", row.table, err)
		}
	}
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	pool := filled(t)
	for _, set := range []string{`document = '{"other": 1}'`, `note = 'other'`, `version = 2`} {
		for _, table := range []string{"workflow_versions", "agent_versions"} {
			if _, err := try(t, pool, `UPDATE `+table+` SET `+set); code(err) != raisedException || !strings.Contains(err.Error(), "never changes") {
				t.Errorf("%s %s: %v", table, set, err)
			}
		}
	}
}

func TestAWorkspaceGoesWithAllItHas(t *testing.T) {
	pool := filled(t)
	err := database.InWorkspace(t.Context(), pool, mine, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM workspaces WHERE id = $1`, mine)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for workspace, want := range map[string]int{mine: 0, theirs: 1} {
		err := database.InWorkspace(t.Context(), pool, workspace, func(tx pgx.Tx) error {
			for _, row := range rows {
				if seen := list(t, tx, `SELECT `+owner(row.table)+` FROM `+row.table); len(seen) != want {
					t.Errorf("%s of %s: %d rows, want %d", row.table, workspace, len(seen), want)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestBeforeTheWorkspaceIsKnown(t *testing.T) {
	pool := filled(t)
	check := func(what string, tx pgx.Tx, want map[string]int) {
		for _, row := range rows {
			if seen := list(t, tx, `SELECT `+owner(row.table)+` FROM `+row.table); len(seen) != want[row.table] {
				t.Errorf("%s sees %d rows of %s, want %d", what, len(seen), row.table, want[row.table])
			}
			if tag, err := tx.Exec(t.Context(), `DELETE FROM `+row.table); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s deletes %d rows of %s, %v", what, tag.RowsAffected(), row.table, err)
			}
		}
		if tag, err := tx.Exec(t.Context(), `UPDATE members SET role = 'owner'`); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("%s makes itself the owner: %v", what, err)
		}
	}
	err := errors.Join(
		database.AsUser(t.Context(), pool, "user"+mine, func(tx pgx.Tx) error {
			check("a user", tx, map[string]int{"members": 1, "workspaces": 1})
			return nil
		}),
		database.WithKeyHash(t.Context(), pool, sha256.Sum256([]byte(theirs)), func(tx pgx.Tx) error {
			check("a key", tx, map[string]int{"api_keys": 1})
			return nil
		}),
		database.WithWebhook(t.Context(), pool, "whk"+theirs, func(tx pgx.Tx) error {
			check("a delivery", tx, map[string]int{"webhooks": 1})
			return nil
		}),
	)
	if err != nil {
		t.Error(err)
	}
}
