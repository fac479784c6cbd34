package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// Search is what to look for. Query is as people write it: words, "phrases", or, -without.
type Search struct {
	Query      string
	NamePrefix string
	Metadata   string // a JSON object that the documents' metadata contain; empty: any
	Limit      int
}

// Hit is a part of a document.
type Hit struct {
	Name     string  `json:"document"`
	Chunk    int32   `json:"chunk"`
	Text     string  `json:"text"`
	Snippet  string  `json:"snippet"` // its best passages, with ** around what was found
	Score    float64 `json:"score"`
	Metadata string  `json:"-"` // a JSON object
}

// searchSQL reads the query once in each language that there are documents in, ranks by how close the words are to each other
// (divided by the length's logarithm), and marks only what is shown.
const searchSQL = `WITH query AS (
  SELECT language, websearch_to_tsquery(language::regconfig, $1) AS q FROM (SELECT DISTINCT language FROM documents WHERE starts_with(name, $2)) AS spoken
), best AS (
  SELECT c.name, c.position, c.text, d.language, d.metadata, query.q, ts_rank_cd(c.words, query.q, 1) AS score
  FROM documents d JOIN query USING (language) JOIN document_chunks c USING (workspace_id, name)
  WHERE starts_with(d.name, $2) AND d.metadata @> $3::text::jsonb AND c.words @@ query.q
  ORDER BY score DESC, c.name, c.position LIMIT $4
)
SELECT name, position, text, ts_headline(language::regconfig, text, q, 'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=10, FragmentDelimiter=" … "'), score, metadata::text
FROM best ORDER BY score DESC, name, position`

// Search finds parts of documents, the best first.
func (s *Store) Search(ctx context.Context, workspace string, search Search) (hits []Hit, err error) {
	if search.Metadata == "" {
		search.Metadata = "{}"
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, searchSQL, search.Query, search.NamePrefix, search.Metadata, search.Limit)
		if err != nil {
			return err
		}
		hits, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Hit, err error) {
			return h, row.Scan(&h.Name, &h.Chunk, &h.Text, &h.Snippet, &h.Score, &h.Metadata)
		})
		return err
	})
	return hits, err
}
