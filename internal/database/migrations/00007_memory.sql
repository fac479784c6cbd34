-- What agents remember from run to run: conversations, values by key, documents to search.

-- +goose Up
CREATE TABLE threads (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  title        text NOT NULL DEFAULT '',
  last_seq     bigint NOT NULL DEFAULT 0,  -- of the newest message
  summary      text NOT NULL DEFAULT '',   -- of the messages up to and with summarized
  summarized   bigint NOT NULL DEFAULT 0,
  created_by   jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, workspace_id)                -- for references that cannot lead into another workspace
);
CREATE INDEX threads_by_workspace ON threads (workspace_id, created_at DESC, id DESC);

CREATE TABLE thread_messages (
  thread_id    text NOT NULL,
  seq          bigint NOT NULL,            -- from 1, without gaps
  workspace_id text NOT NULL,
  role         text NOT NULL CHECK (role IN ('user', 'assistant')),
  text         text NOT NULL,
  run_id       text NOT NULL DEFAULT '',   -- the run and the step that added it; it may outlive them
  step         text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (thread_id, seq),
  FOREIGN KEY (thread_id, workspace_id) REFERENCES threads (id, workspace_id) ON DELETE CASCADE
);

-- At most one run of a thread is under way; the others that have not ended are queued. Whoever begins or ends one holds the thread's row.
ALTER TABLE runs ADD COLUMN thread_id text;
CREATE INDEX runs_by_thread ON runs (thread_id, created_at, id) WHERE thread_id IS NOT NULL AND ended_at IS NULL;

CREATE TABLE memory_entries (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  namespace    text NOT NULL,
  key          text COLLATE "C" NOT NULL,
  value        json NOT NULL,
  bytes        integer NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,                -- from then on nobody sees it; the janitor removes it
  PRIMARY KEY (workspace_id, namespace, key)
);
CREATE INDEX memory_entries_kept ON memory_entries (workspace_id) INCLUDE (bytes, expires_at);
CREATE INDEX memory_entries_by_expiry ON memory_entries (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE documents (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name         text COLLATE "C" NOT NULL,
  text         text NOT NULL,
  metadata     jsonb NOT NULL DEFAULT '{}',
  language     text NOT NULL,              -- a text search configuration
  bytes        integer NOT NULL,
  chunks       integer NOT NULL,
  updated_by   jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, name)
);
CREATE INDEX documents_kept ON documents (workspace_id) INCLUDE (bytes);

-- Parts of documents, which searches find. There is no index on words: row-level security lets none be used, because @@ is not leakproof.
CREATE TABLE document_chunks (
  workspace_id text NOT NULL,
  name         text COLLATE "C" NOT NULL,
  position     integer NOT NULL,           -- from 0
  text         text NOT NULL,
  words        tsvector NOT NULL,
  PRIMARY KEY (workspace_id, name, position),
  FOREIGN KEY (workspace_id, name) REFERENCES documents ON DELETE CASCADE
);
-- A search reads the words of all parts, and the text of few: the words stay in the row, the text moves out. It halves the time of a search.
ALTER TABLE document_chunks ALTER COLUMN words SET STORAGE MAIN;

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['threads', 'thread_messages', 'memory_entries', 'documents', 'document_chunks']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I USING (workspace_id = current_workspace()) WITH CHECK (workspace_id = current_workspace())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agentteam_app', name);
  END LOOP;
END $$;
-- +goose StatementEnd

-- Who says that it cleans up sees and deletes the entries that have expired, of all workspaces.
CREATE POLICY expired_seen ON memory_entries FOR SELECT USING (current_setting('agentteam.cleanup', true) = 'on' AND expires_at < now());
CREATE POLICY expired_deleted ON memory_entries FOR DELETE USING (current_setting('agentteam.cleanup', true) = 'on' AND expires_at < now());

-- +goose Down
DROP TABLE document_chunks, documents, memory_entries;
DROP INDEX runs_by_thread;
ALTER TABLE runs DROP COLUMN thread_id;
DROP TABLE thread_messages, threads;
