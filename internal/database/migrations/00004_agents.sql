-- Agents, which workflows refer to by id and version. The tables are those of workflows and their versions, so that the
-- same statements serve both.

-- +goose Up
CREATE TABLE agents (
  id                text PRIMARY KEY,
  workspace_id      text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name              text NOT NULL,
  description       text NOT NULL DEFAULT '',
  document          json NOT NULL,   -- the draft; json keeps it as it was written
  revision          bigint NOT NULL DEFAULT 1,
  published_version integer NOT NULL DEFAULT 0,
  created_by        jsonb NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_by        jsonb NOT NULL,
  updated_at        timestamptz NOT NULL DEFAULT now(),
  deleted_at        timestamptz,
  UNIQUE (id, workspace_id)
);
CREATE INDEX agents_by_workspace ON agents (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE agent_versions (
  agent_id     text NOT NULL,
  version      integer NOT NULL,
  workspace_id text NOT NULL,
  document     json NOT NULL,
  note         text NOT NULL DEFAULT '',
  published_by jsonb NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agent_id, version),
  FOREIGN KEY (agent_id, workspace_id) REFERENCES agents (id, workspace_id) ON DELETE CASCADE
);
CREATE TRIGGER immutable BEFORE UPDATE ON agent_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['agents', 'agent_versions']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE agent_versions, agents;
