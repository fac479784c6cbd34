-- Everything the two services keep. Every tenant's row has workspace_id, and row-level security is forced:
-- a transaction sees the rows of the workspace in agentteam.workspace_id, and none without one.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentteam_app') THEN
    BEGIN
      CREATE ROLE agentteam_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- another database of this server was migrated at the same moment
    END;
  END IF;
  -- The services log in as the owner of the tables and put this role on in every transaction.
  EXECUTE format('GRANT agentteam_app TO %I', current_user);
END $$;
-- +goose StatementEnd

CREATE FUNCTION current_workspace() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('agentteam.workspace_id', true), '') $$;

CREATE TABLE workspaces (
  id           text PRIMARY KEY,
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE members (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  user_id      text NOT NULL,
  email        text NOT NULL DEFAULT '',
  role         text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'operator', 'viewer')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE api_keys (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name         text NOT NULL,
  hash         bytea NOT NULL UNIQUE, -- SHA-256 of the key, which has 256 random bits of its own
  hint         text NOT NULL,         -- its last characters, to tell keys apart
  role         text NOT NULL CHECK (role IN ('admin', 'editor', 'operator', 'viewer')),
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, created_at DESC);

-- workspace_id is "user:<id>" for requests outside of any workspace, such as the one that creates it.
CREATE TABLE idempotency_keys (
  workspace_id text NOT NULL,
  key          text NOT NULL,   -- the caller's id and its key: another caller's answer is nobody's business
  fingerprint  bytea NOT NULL,  -- SHA-256 of method, path and body
  status       integer,         -- of the answer; null while the first request is in flight
  headers      jsonb,
  body         bytea,
  created_at   timestamptz NOT NULL DEFAULT now(),
  claimed_at   timestamptz NOT NULL DEFAULT now(), -- by the request in flight; a later one takes over if it vanished
  PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
-- +goose StatementBegin
CREATE FUNCTION forget_idempotency_keys() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN DELETE FROM idempotency_keys WHERE workspace_id = OLD.id; RETURN NULL; END $$;
-- +goose StatementEnd
CREATE TRIGGER forget_idempotency_keys AFTER DELETE ON workspaces FOR EACH ROW EXECUTE FUNCTION forget_idempotency_keys();

CREATE TABLE workflows (
  id                text PRIMARY KEY,
  workspace_id      text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name              text NOT NULL,
  description       text NOT NULL DEFAULT '',
  document          json NOT NULL,   -- the draft; json keeps it as it was written
  revision          bigint NOT NULL DEFAULT 1,
  published_version integer NOT NULL DEFAULT 0,
  created_by        jsonb NOT NULL,  -- {"subject": …, "kind": …}
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_by        jsonb NOT NULL,
  updated_at        timestamptz NOT NULL DEFAULT now(),
  deleted_at        timestamptz,
  UNIQUE (id, workspace_id)          -- for references that cannot lead into another workspace
);
CREATE INDEX workflows_by_workspace ON workflows (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE workflow_versions (
  workflow_id  text NOT NULL,
  version      integer NOT NULL,
  workspace_id text NOT NULL,
  document     json NOT NULL,
  note         text NOT NULL DEFAULT '',
  published_by jsonb NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workflow_id, version),
  FOREIGN KEY (workflow_id, workspace_id) REFERENCES workflows (id, workspace_id) ON DELETE CASCADE
);
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'a published version never changes'; END $$;
-- +goose StatementEnd
CREATE TRIGGER immutable BEFORE UPDATE ON workflow_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE runs (
  id                  text PRIMARY KEY,
  workspace_id        text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  workflow_id         text NOT NULL,
  version             integer NOT NULL,
  status              text NOT NULL CHECK (status IN ('queued', 'running', 'paused', 'completed', 'failed', 'canceled', 'budget_exhausted')),
  generation          integer NOT NULL DEFAULT 1,  -- grows with each retry, so that tasks of an earlier life are recognized
  inputs              json NOT NULL,
  outputs             json,
  failure             jsonb,                       -- {"code": …, "message": …, "step": …}
  forked_from         text,
  created_by          jsonb NOT NULL,
  created_at          timestamptz NOT NULL DEFAULT now(),
  started_at          timestamptz,
  ended_at            timestamptz,
  last_seq            bigint NOT NULL DEFAULT 0,   -- of the newest event
  -- Bounds; 0 is none. Reserved is what calls in flight may still use at most.
  budget_cost         bigint NOT NULL DEFAULT 0,   -- micro-USD
  budget_tokens       bigint NOT NULL DEFAULT 0,
  budget_steps        bigint NOT NULL DEFAULT 0,
  budget_tool_calls   bigint NOT NULL DEFAULT 0,
  reserved_cost       bigint NOT NULL DEFAULT 0,
  reserved_tokens     bigint NOT NULL DEFAULT 0,
  reserved_tool_calls bigint NOT NULL DEFAULT 0,
  cost                bigint NOT NULL DEFAULT 0,
  input_tokens        bigint NOT NULL DEFAULT 0,
  output_tokens       bigint NOT NULL DEFAULT 0,
  model_calls         bigint NOT NULL DEFAULT 0,
  tool_calls          bigint NOT NULL DEFAULT 0,
  steps               bigint NOT NULL DEFAULT 0,
  UNIQUE (id, workspace_id)
);
CREATE INDEX runs_by_workspace ON runs (workspace_id, created_at DESC, id DESC);
CREATE INDEX runs_by_workflow ON runs (workspace_id, workflow_id, created_at DESC, id DESC);

-- The tables below hang on runs, which hang on workspaces: a second reference would lock the workspace's row
-- with every event. The one reference names both, so that no row can hang on another workspace's run: a foreign
-- key is checked without row-level security.

-- A scope is one interpretation of one graph: a run's document, a loop's iteration, a sub-workflow.
CREATE TABLE scopes (
  run_id       text NOT NULL,
  path         text NOT NULL,       -- '' is the run's own; else that of the step, with [index] in a loop
  workspace_id text NOT NULL,
  parent_step  text,                -- path of the for_each or subworkflow step
  item_index   integer,             -- in a loop, from 0
  status       text NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'canceled')),
  variables    json NOT NULL,       -- inputs, with, item, index: what its expressions may use beside nodes
  output       json,
  failure      jsonb,
  PRIMARY KEY (run_id, path),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX scopes_by_parent ON scopes (run_id, parent_step, item_index);

-- A step is one execution of one node in one scope. There is at most one result: a second is never written.
CREATE TABLE steps (
  run_id          text NOT NULL,
  path            text NOT NULL,
  workspace_id    text NOT NULL,
  scope           text NOT NULL,
  node_id         text NOT NULL,
  type            text NOT NULL,
  status          text NOT NULL CHECK (status IN ('running', 'waiting', 'completed', 'failed', 'skipped', 'canceled')),
  attempt         integer NOT NULL DEFAULT 1,
  config          json,             -- with every expression resolved, for steps that outlive the transaction
  progress        jsonb,            -- of a loop: total, started, done, failed
  port            text NOT NULL DEFAULT '',
  output          json,
  output_artifact text,
  failure         jsonb,
  cost            bigint NOT NULL DEFAULT 0,
  input_tokens    bigint NOT NULL DEFAULT 0,
  output_tokens   bigint NOT NULL DEFAULT 0,
  model_calls     bigint NOT NULL DEFAULT 0,
  tool_calls      bigint NOT NULL DEFAULT 0,
  started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at        timestamptz,
  position        bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (run_id, path),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX steps_by_scope ON steps (run_id, scope);
CREATE INDEX steps_by_position ON steps (run_id, position);

-- A call is one request to a model or a tool. Its row is written before a call that must not be repeated
-- (started), and with every result.
CREATE TABLE calls (
  run_id        text NOT NULL,
  step          text NOT NULL,
  attempt       integer NOT NULL,
  generation    integer NOT NULL,
  number        integer NOT NULL,   -- within the attempt, from 1
  workspace_id  text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('model', 'tool')),
  name          text NOT NULL,      -- provider/model, or the tool's
  status        text NOT NULL CHECK (status IN ('started', 'succeeded', 'failed', 'unknown')),
  input_tokens  bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cost          bigint NOT NULL DEFAULT 0,
  failure       jsonb,
  started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at      timestamptz,
  PRIMARY KEY (run_id, step, generation, attempt, number),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX calls_by_day ON calls (workspace_id, started_at);

CREATE TABLE approvals (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL,
  run_id       text NOT NULL,
  step         text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('approval', 'input')),
  status       text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'submitted', 'expired', 'canceled')),
  title        text NOT NULL,
  description  text NOT NULL DEFAULT '',
  details      json,
  form         json,
  digest       text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  decided_by   jsonb,
  decided_at   timestamptz,
  comment      text NOT NULL DEFAULT '',
  data         json,
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX approvals_by_workspace ON approvals (workspace_id, requested_at DESC, id DESC);
CREATE INDEX approvals_by_run ON approvals (run_id, step);

CREATE TABLE events (
  run_id       text NOT NULL,
  seq          bigint NOT NULL,
  workspace_id text NOT NULL,
  type         text NOT NULL,
  step         text NOT NULL DEFAULT '',
  data         json NOT NULL,
  time         timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, seq),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);

CREATE TABLE artifacts (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL,
  run_id       text NOT NULL,
  media_type   text NOT NULL,
  content      bytea NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX artifacts_by_run ON artifacts (run_id);

-- Engine processes that are alive; no tenant's data.
CREATE TABLE executors (
  id         text PRIMARY KEY,
  version    text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['members', 'api_keys', 'idempotency_keys', 'workflows', 'workflow_versions', 'runs', 'scopes', 'steps', 'calls', 'approvals', 'events', 'artifacts']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON workspaces USING (id = current_workspace()) WITH CHECK (id = current_workspace());
-- Before the workspace of a request is known: who shows a key sees that key, a user sees the own memberships.
CREATE POLICY shown_key ON api_keys FOR SELECT USING (hash = decode(nullif(current_setting('agentteam.key_hash', true), ''), 'hex'));
CREATE POLICY own_memberships ON members FOR SELECT USING (user_id = nullif(current_setting('agentteam.user_id', true), ''));
CREATE POLICY member_workspaces ON workspaces FOR SELECT USING (id IN (SELECT workspace_id FROM members WHERE user_id = nullif(current_setting('agentteam.user_id', true), '')));
-- Who says that it cleans up sees and deletes the idempotency keys that are out of date, of all workspaces.
CREATE POLICY expired_seen ON idempotency_keys FOR SELECT USING (current_setting('agentteam.cleanup', true) = 'on' AND created_at < now() - interval '24 hours');
CREATE POLICY expired_deleted ON idempotency_keys FOR DELETE USING (current_setting('agentteam.cleanup', true) = 'on' AND created_at < now() - interval '24 hours');
GRANT SELECT, INSERT, UPDATE, DELETE ON workspaces TO agentteam_app;
GRANT USAGE ON SCHEMA public TO agentteam_app;

-- +goose Down
DROP TABLE artifacts, events, approvals, calls, steps, scopes, runs, workflow_versions, workflows, idempotency_keys, api_keys, members, workspaces, executors;
DROP FUNCTION current_workspace, refuse_change, forget_idempotency_keys;
