-- What starts runs without a person: schedules, webhooks. And who is told what happens to runs.

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

CREATE TABLE webhooks (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name         text NOT NULL,
  form         text NOT NULL CHECK (form IN ('github', 'slack', 'standard', 'generic')),
  workflow_id  text NOT NULL,
  version      integer NOT NULL,             -- 0: the newest at each delivery
  inputs       json NOT NULL,                -- with expressions over the delivery
  secret       bytea NOT NULL,               -- sealed
  created_by   jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id),
  FOREIGN KEY (workflow_id, workspace_id) REFERENCES workflows (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX webhooks_by_workspace ON webhooks (workspace_id, created_at DESC, id DESC);

-- A delivery is known by the sender's id, so that a repeat starts no second run.
CREATE TABLE webhook_deliveries (
  webhook_id   text NOT NULL,
  delivery_id  text NOT NULL,
  workspace_id text NOT NULL,
  run_id       text NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (webhook_id, delivery_id),
  FOREIGN KEY (webhook_id, workspace_id) REFERENCES webhooks (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (webhook_id, received_at);

CREATE TABLE webhook_endpoints (
  id              text PRIMARY KEY,
  workspace_id    text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  url             text NOT NULL,
  event_types     text[] NOT NULL,
  secret          bytea NOT NULL,            -- sealed, as the previous one
  previous_secret bytea,
  previous_until  timestamptz,
  disabled        boolean NOT NULL DEFAULT false,
  disabled_reason text NOT NULL DEFAULT '',
  failing_since   timestamptz,               -- no delivery has succeeded since
  created_by      jsonb NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id)
);
CREATE INDEX webhook_endpoints_by_workspace ON webhook_endpoints (workspace_id, created_at DESC, id DESC);

CREATE TABLE endpoint_deliveries (
  id              text PRIMARY KEY,          -- also webhook-id, in every attempt
  workspace_id    text NOT NULL,
  endpoint_id     text NOT NULL,
  event_type      text NOT NULL,
  run_id          text NOT NULL,
  payload         json NOT NULL,             -- sent as it is: each attempt has the same bytes
  status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts        integer NOT NULL DEFAULT 0,
  response_status integer NOT NULL DEFAULT 0,
  error           text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  next_at         timestamptz NOT NULL DEFAULT clock_timestamp(), -- of the next attempt; while one is made, when it counts as lost
  last_at         timestamptz,
  FOREIGN KEY (endpoint_id, workspace_id) REFERENCES webhook_endpoints (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX endpoint_deliveries_by_endpoint ON endpoint_deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX endpoint_deliveries_due ON endpoint_deliveries (next_at) WHERE status = 'pending';
CREATE INDEX endpoint_deliveries_first ON endpoint_deliveries (endpoint_id, next_at, id) WHERE status = 'pending';

-- An event and its deliveries are one commit, whoever writes the event: none is told that did not happen, and none is forgotten.
-- +goose StatementBegin
CREATE FUNCTION tell_endpoints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO endpoint_deliveries (id, workspace_id, endpoint_id, event_type, run_id, payload)
  SELECT 'dlv_' || replace(gen_random_uuid()::text, '-', ''), NEW.workspace_id, id, NEW.type, NEW.run_id,
    json_build_object('type', NEW.type, 'timestamp', NEW.time, 'data', json_build_object('run_id', NEW.run_id, 'seq', NEW.seq, 'step', NEW.step, 'event', NEW.data))
  FROM webhook_endpoints WHERE workspace_id = NEW.workspace_id AND NOT disabled AND NEW.type = ANY (event_types);
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tell_endpoints AFTER INSERT ON events FOR EACH ROW
  WHEN (NEW.type IN ('run.completed', 'run.failed', 'run.canceled', 'run.budget_exhausted', 'approval.requested', 'approval.decided', 'approval.expired'))
  EXECUTE FUNCTION tell_endpoints();

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['schedules', 'schedule_ticks', 'webhooks', 'webhook_deliveries', 'webhook_endpoints', 'endpoint_deliveries']
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
CREATE POLICY due_seen ON endpoint_deliveries FOR SELECT USING (current_setting('agentteam.claiming', true) = 'on');
CREATE POLICY due_claimed ON endpoint_deliveries FOR UPDATE USING (current_setting('agentteam.claiming', true) = 'on');
-- Before the workspace of a delivery is known: who names a webhook sees that one.
CREATE POLICY named_webhook ON webhooks FOR SELECT USING (id = nullif(current_setting('agentteam.webhook_id', true), ''));

-- +goose Down
DROP INDEX runs_of_schedule;
DROP TRIGGER tell_endpoints ON events;
DROP FUNCTION tell_endpoints;
DROP TABLE endpoint_deliveries, webhook_endpoints, webhook_deliveries, webhooks, schedule_ticks, schedules;
