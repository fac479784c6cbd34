-- Calls of models that belong to no run, what calls of runs were asked and answered, and evaluations.

-- +goose Up
-- A call is written before it is made and settled after it: one that stays started was cut by the death of its process.
CREATE TABLE direct_calls (
  id            text PRIMARY KEY,
  workspace_id  text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  purpose       text NOT NULL CHECK (purpose IN ('generate', 'refine', 'judge')),
  provider      text NOT NULL,
  model         text NOT NULL,
  status        text NOT NULL DEFAULT 'started' CHECK (status IN ('started', 'succeeded', 'failed')),
  input_tokens  bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cost          bigint NOT NULL DEFAULT 0,   -- micro-USD
  failure       jsonb,
  created_by    jsonb NOT NULL,
  started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at      timestamptz
);
CREATE INDEX direct_calls_by_day ON direct_calls (workspace_id, started_at);

-- What a call was asked, as SHA-256, and its answer, for replays. Rows of an earlier build have neither.
ALTER TABLE calls ADD COLUMN digest bytea, ADD COLUMN response json, ADD COLUMN replayed boolean NOT NULL DEFAULT false;
ALTER TABLE runs ADD COLUMN replay_of text, ADD COLUMN replay_live boolean NOT NULL DEFAULT false;

CREATE TABLE evaluations (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL,
  workflow_id  text NOT NULL,
  name         text NOT NULL,
  cases        json NOT NULL,      -- [{"name": …, "inputs": …, "expect": …}]
  case_count   integer NOT NULL,
  revision     bigint NOT NULL DEFAULT 1,
  created_by   jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_by   jsonb NOT NULL,
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id),
  FOREIGN KEY (workflow_id, workspace_id) REFERENCES workflows (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX evaluations_by_workspace ON evaluations (workspace_id, created_at DESC, id DESC);

CREATE TABLE evaluation_runs (
  id            text PRIMARY KEY,
  workspace_id  text NOT NULL,
  evaluation_id text NOT NULL,
  workflow_id   text NOT NULL,
  version       integer NOT NULL,
  max_parallel  integer NOT NULL,
  budget        jsonb NOT NULL,    -- of each case's run
  created_by    jsonb NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  ended_at      timestamptz,
  UNIQUE (id, workspace_id),
  FOREIGN KEY (evaluation_id, workspace_id) REFERENCES evaluations (id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX evaluation_runs_by_evaluation ON evaluation_runs (evaluation_id, created_at DESC, id DESC);
CREATE INDEX evaluation_runs_under_way ON evaluation_runs (created_at) WHERE ended_at IS NULL;

-- A case with what its run gave. Whoever works on it has claimed it until a moment; after that another may.
CREATE TABLE evaluation_results (
  evaluation_run_id text NOT NULL,
  position          integer NOT NULL,
  workspace_id      text NOT NULL,
  name              text NOT NULL,
  inputs            json NOT NULL,
  expect            json NOT NULL,
  run_id            text NOT NULL,   -- chosen before the run is started, so that it is started once
  status            text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'passed', 'failed')),
  score             double precision,
  reason            text NOT NULL DEFAULT '',
  claimed_until     timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (evaluation_run_id, position),
  FOREIGN KEY (evaluation_run_id, workspace_id) REFERENCES evaluation_runs (id, workspace_id) ON DELETE CASCADE
);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['direct_calls', 'evaluations', 'evaluation_runs', 'evaluation_results']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd
-- Who says that it evaluates sees which evaluations of all workspaces are under way, for reading.
CREATE POLICY evaluated ON evaluation_runs FOR SELECT USING (current_setting('agentteam.evaluating', true) = 'on' AND ended_at IS NULL);

-- +goose Down
DROP TABLE evaluation_results, evaluation_runs, evaluations, direct_calls;
ALTER TABLE runs DROP COLUMN replay_of, DROP COLUMN replay_live;
ALTER TABLE calls DROP COLUMN digest, DROP COLUMN response, DROP COLUMN replayed;
