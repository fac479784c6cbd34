package database

// MigrateFiles is Migrate with other migrations than this build's.
var MigrateFiles = migrate
