package database_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
)

// empty is the URL of a database without migrations.
func empty(t *testing.T) string {
	t.Helper()
	config, err := pgx.ParseConfig(databasetest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	name := id.New("empty")
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = conn.Close(context.Background())
	})
	return strings.Replace(config.ConnString(), "/"+config.Database+"?", "/"+name+"?", 1)
}

func scan[T any](t *testing.T, url, query string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	url := empty(t)
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = database.Migrate(t.Context(), url) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("process %d: %v", i, err)
		}
	}
	if n := scan[int](t, url, `SELECT count(*) FROM goose_db_version WHERE version_id = 1`); n != 1 {
		t.Errorf("migration 1 ran %d times", n)
	}
	if left := scan[int](t, url, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`); left != 0 {
		t.Errorf("%d locks are left", left)
	}
}

type migration struct {
	name    string
	content []byte
}

// migrations are this build's, the last one first.
func migrations(t *testing.T) (all []migration) {
	t.Helper()
	entries, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range slices.Backward(entries) {
		content, err := os.ReadFile(filepath.Join("migrations", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, migration{entry.Name(), content})
	}
	return all
}

// files are this build's migrations and one more.
func files(t *testing.T, name, statement string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{name: {Data: []byte("-- +goose Up\n" + statement)}}
	for _, own := range migrations(t) {
		all[own.name] = &fstest.MapFile{Data: own.content}
	}
	return all
}

func TestAFailedMigrationIsNamedAndRolledBack(t *testing.T) {
	url := empty(t)
	err := database.MigrateFiles(t.Context(), url, files(t, "00999_broken.sql", "CREATE TABLE half (); SELECT 1 / 0;"))
	if err == nil || !strings.Contains(err.Error(), "migration 00999_broken.sql") || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("the error is %v", err)
	}
	if scan[bool](t, url, `SELECT to_regclass('half') IS NOT NULL`) {
		t.Error("half of it stays")
	}
	if err := database.Migrate(t.Context(), url); err != nil {
		t.Errorf("the database is stuck: %v", err)
	}
}

func TestAnOlderBuildStartsOnANewerDatabase(t *testing.T) {
	url := empty(t)
	if err := database.MigrateFiles(t.Context(), url, files(t, "00999_later.sql", "ALTER TABLE runs ADD COLUMN later text;")); err != nil {
		t.Fatal(err)
	}
	if err := database.Migrate(t.Context(), url); err != nil {
		t.Errorf("a rolling deployment would not roll: %v", err)
	}
	if v := scan[int](t, url, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`); v != 999 {
		t.Errorf("the version went to %d", v)
	}
}

func TestDownRemovesEverything(t *testing.T) {
	url := databasetest.URL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, own := range migrations(t) {
		_, down, _ := strings.Cut(string(own.content), "-- +goose Down\n")
		if _, err := conn.Exec(t.Context(), down); err != nil || down == "" {
			t.Fatalf("%s: %v, %q", own.name, err, down)
		}
	}
	if n := scan[int](t, url, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version'`); n != 0 {
		t.Errorf("%d tables are left", n)
	}
}
