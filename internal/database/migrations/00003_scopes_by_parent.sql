-- What a change of a run looks for by run and path must not be found by an index on the run alone: PostgreSQL takes runs for small,
-- most are, and then read every scope of a large loop for each of its iterations.

-- +goose Up
DROP INDEX scopes_by_parent;
CREATE INDEX scopes_by_parent ON scopes (run_id, parent_step, item_index) WHERE parent_step IS NOT NULL;

-- +goose Down
DROP INDEX scopes_by_parent;
CREATE INDEX scopes_by_parent ON scopes (run_id, parent_step, item_index);
