-- What an operator's metrics count, over all workspaces: runs under way, and runs that ended lately.

-- +goose Up
-- Who says that it counts sees the runs of all workspaces, for reading.
CREATE POLICY counted ON runs FOR SELECT USING (current_setting('agentteam.counting', true) = 'on');
CREATE INDEX runs_under_way ON runs (status) WHERE ended_at IS NULL;
CREATE INDEX runs_by_end ON runs (ended_at) WHERE ended_at IS NOT NULL;

-- +goose Down
DROP INDEX runs_by_end, runs_under_way;
DROP POLICY counted ON runs;
