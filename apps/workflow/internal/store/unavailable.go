package store

import "github.com/agentteam/agentteam/internal/database"

// Unavailable says whether the database cannot be reached at the moment; see [database.Unavailable].
func Unavailable(err error) bool { return database.Unavailable(err) }
