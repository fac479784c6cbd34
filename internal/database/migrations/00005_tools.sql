-- What agents and http nodes reach other systems with.

-- +goose Up
CREATE TABLE credentials (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name         text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('bearer', 'header', 'basic')),
  header       text NOT NULL DEFAULT '',
  username     text NOT NULL DEFAULT '',
  origins      text[] NOT NULL,  -- where it may be sent
  sealed       bytea NOT NULL,   -- the secret, by package sealing
  created_by   jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id)
);
CREATE INDEX credentials_by_workspace ON credentials (workspace_id, created_at DESC, id DESC);

CREATE TABLE mcp_servers (
  id             text PRIMARY KEY,
  workspace_id   text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name           text NOT NULL,
  url            text NOT NULL,
  credential_id  text,
  approval       text NOT NULL CHECK (approval IN ('never', 'always', 'on_write')),
  tool_approvals jsonb NOT NULL,   -- by a tool's name, where it differs
  tools          json NOT NULL,    -- as the server described them when it was asked last
  refreshed_at   timestamptz NOT NULL DEFAULT now(),
  created_by     jsonb NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (credential_id, workspace_id) REFERENCES credentials (id, workspace_id)
);
CREATE INDEX mcp_servers_by_workspace ON mcp_servers (workspace_id, created_at DESC, id DESC);

-- A step that waits for people to decide about calls keeps what its other calls gave: whoever goes on begins with it.
CREATE TABLE suspensions (
  run_id       text NOT NULL,
  step         text NOT NULL,
  generation   integer NOT NULL,
  attempt      integer NOT NULL,
  serial       bigint NOT NULL,  -- of the task that goes on, from 1
  workspace_id text NOT NULL,
  results      json NOT NULL,    -- since the one before
  PRIMARY KEY (run_id, step, generation, attempt, serial),
  FOREIGN KEY (run_id, workspace_id) REFERENCES runs (id, workspace_id) ON DELETE CASCADE
);
ALTER TABLE approvals ADD COLUMN call jsonb; -- which one is asked about: {"generation", "attempt", "number"}
ALTER TABLE approvals DROP CONSTRAINT approvals_kind_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_kind_check CHECK (kind IN ('approval', 'input', 'tool_call'));

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['credentials', 'mcp_servers', 'suspensions']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DELETE FROM approvals WHERE kind = 'tool_call';
ALTER TABLE approvals DROP CONSTRAINT approvals_kind_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_kind_check CHECK (kind IN ('approval', 'input'));
ALTER TABLE approvals DROP COLUMN call;
DROP TABLE suspensions, mcp_servers, credentials;
