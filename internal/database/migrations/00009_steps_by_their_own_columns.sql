-- What a change of a run looks for by run and path, or by run and scope, must not be found by an index on the run alone (as 00003 has it for
-- scopes): PostgreSQL takes runs for small, most are, and then read every step of a large loop for each of its iterations.

-- +goose Up
-- The conditions keep no row out: they keep the indexes from queries that say nothing of the second column.
DROP INDEX steps_by_position;
CREATE INDEX steps_by_position ON steps (run_id, position) WHERE position IS NOT NULL;
DROP INDEX steps_by_scope;
CREATE INDEX steps_by_scope ON steps (run_id, scope) WHERE scope IS NOT NULL;
-- Where hardly any run has a loop, nearly all scopes are '', and PostgreSQL would take the scope for worth nothing.
ALTER TABLE steps ALTER COLUMN scope SET (n_distinct = -0.5);
ANALYZE steps;

-- +goose Down
ALTER TABLE steps ALTER COLUMN scope RESET (n_distinct);
DROP INDEX steps_by_scope;
CREATE INDEX steps_by_scope ON steps (run_id, scope);
DROP INDEX steps_by_position;
CREATE INDEX steps_by_position ON steps (run_id, position);
