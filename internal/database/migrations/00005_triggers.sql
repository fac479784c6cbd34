-- What starts runs without a person: schedules.

-- +goose Up
CREATE TABLE schedules (
  id              text PRIMARY KEY,
  workspace_id    text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name            text NOT NULL,
  workflow_id     text NOT NULL,
  version         integer NOT NULL,          -- 0: the newest at each tick
  inputs          json NOT NULL,             -- with expressions over the tick
  cron            text NOT NULL,
  time_zone       text NOT NULL,
  overlap         text NOT NULL CHECK (overlap IN ('skip', 'queue', 'cancel_previous', 'allow')),
  catch_up        text NOT NULL CHECK (catch_up IN ('none', 'last', 'all')),
  catch_up_window integer NOT NULL,          -- seconds
  paused          boolean NOT NULL DEFAULT false,
  next_at         timestamptz,               -- of the tick that is not recorded yet; null: none will come
  queued          integer NOT NULL DEFAULT 0, -- ticks that wait for a run to end
  claimed_until   timestamptz,               -- by an engine that makes the tick; a hint, the tick's row is what counts
  revision        bigint NOT NULL DEFAULT 1,
  created_by      jsonb NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_by      jsonb NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id),
  FOREIGN KEY (workflow_id, workspace_id) REFERENCES workflows (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX schedules_by_workspace ON schedules (workspace_id, created_at DESC, id DESC);
CREATE INDEX schedules_due ON schedules (next_at) WHERE NOT paused;
CREATE INDEX schedules_with_queue ON schedules (id) WHERE queued > 0 AND NOT paused;

-- A tick is one due time of a schedule: its key is why no two processes can start two runs for it.
CREATE TABLE schedule_ticks (
  schedule_id  text NOT NULL,
  due_at       timestamptz NOT NULL,
  workspace_id text NOT NULL,
  outcome      text NOT NULL CHECK (outcome IN ('started', 'skipped', 'queued', 'missed', 'failed')),
  run_id       text,
  reason       text NOT NULL DEFAULT '',
  triggered_by jsonb,                        -- who asked for it; null: the calendar
  recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (schedule_id, due_at),
  FOREIGN KEY (schedule_id, workspace_id) REFERENCES schedules (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX schedule_ticks_queued ON schedule_ticks (schedule_id, due_at) WHERE outcome = 'queued';

-- The runs of a schedule that go on.
CREATE INDEX runs_of_schedule ON runs ((created_by->>'subject')) WHERE ended_at IS NULL AND created_by->>'kind' = 'schedule';

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['schedules', 'schedule_ticks']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd
-- Who says that it looks for what is due sees and claims that of all workspaces.
CREATE POLICY due_seen ON schedules FOR SELECT USING (current_setting('agentteam.claiming', true) = 'on');
CREATE POLICY due_claimed ON schedules FOR UPDATE USING (current_setting('agentteam.claiming', true) = 'on');

-- +goose Down
DROP INDEX runs_of_schedule;
DROP TABLE schedule_ticks, schedules;
