package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// longestName bounds what an error repeats of an id that is none.
const longestName = 64

// Missing says that the workspace has no such thing.
func Missing(kind, name string) error {
	if len(name) > longestName {
		name = name[:longestName] + "…"
	}
	return fmt.Errorf("%s %q %w", kind, name, ErrNotFound)
}

// orNotFound turns the lack of a row into an error that says what is missing.
func orNotFound(err, missing error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return missing
	}
	return err
}
