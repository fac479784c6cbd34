package grpcapi_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestDocumentsAreFound(t *testing.T) {
	w := newWorld(t)
	ctx, documents := w.owner(t), workflowv1.NewDocumentServiceClient(w.conn)
	for name, d := range map[string]*workflowv1.PutDocumentRequest{
		"handbook": {Text: "Travel has to be approved by a lead.\n\n" + strings.Repeat("Other rules are elsewhere. ", 100) + "Hotels are booked centrally.",
			MetadataJson: `{"team": "finance", "year": 2026}`},
		"notes":     {Text: "She was travelling to Lisbon; approvals were not asked for.", MetadataJson: `{"team": "sales"}`},
		"merkblatt": {Text: "Reisen müssen von der Leitung genehmigt werden.", Language: "german"},
	} {
		d.Name = name
		if put, err := documents.PutDocument(ctx, d); err != nil || put.GetDocument().GetChunks() < 1 {
			t.Fatalf("%s: %v, %v", name, put, err)
		}
	}
	found := func(request *workflowv1.SearchDocumentsRequest) (names string) {
		t.Helper()
		answer, err := documents.SearchDocuments(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, hit := range answer.GetHits() {
			all = append(all, hit.GetName())
		}
		return strings.Join(all, " ")
	}
	for _, test := range []struct{ query, prefix, metadata, want string }{
		{"approve travel", "", "", "notes handbook"}, // by their stems; in a shorter part they weigh more
		{"approved -Lisbon", "", "", "handbook"},
		{`"booked centrally"`, "", "", "handbook"},
		{`"centrally booked"`, "", "", ""},
		{"travel", "no", "", "notes"},
		{"travel", "", `{"team": "finance"}`, "handbook"},
		{"Reise Leitung", "", "", "merkblatt"},
		{"nothing of this", "", "", ""},
		{"'; DROP TABLE documents; -- & | ! <->", "", "", ""},
	} {
		if got := found(&workflowv1.SearchDocumentsRequest{Query: test.query, NamePrefix: test.prefix, MetadataJson: test.metadata}); got != test.want {
			t.Errorf("%s gives %q, want %q", test.query, got, test.want)
		}
	}
	answer, err := documents.SearchDocuments(ctx, &workflowv1.SearchDocumentsRequest{Query: "hotels"})
	if err != nil || len(answer.GetHits()) != 1 || answer.GetHits()[0].GetChunk() != 1 || !strings.Contains(answer.GetHits()[0].GetSnippet(), "**Hotels** are booked") {
		t.Errorf("hotels: %v, %v", answer, err)
	}
	if _, err := documents.PutDocument(ctx, &workflowv1.PutDocumentRequest{Name: "notes", Text: "Nothing any more."}); err != nil {
		t.Fatal(err)
	}
	if got := found(&workflowv1.SearchDocumentsRequest{Query: "Lisbon"}); got != "" {
		t.Errorf("what was replaced is found: %s", got)
	}
	if _, err := documents.DeleteDocument(ctx, &workflowv1.DeleteDocumentRequest{Name: "handbook"}); err != nil {
		t.Fatal(err)
	}
	if got := found(&workflowv1.SearchDocumentsRequest{Query: "hotels"}); got != "" {
		t.Errorf("what was deleted is found: %s", got)
	}
	list, err := documents.ListDocuments(ctx, &workflowv1.ListDocumentsRequest{Page: &workflowv1.Page{Size: 1}})
	if err != nil || len(list.GetDocuments()) != 1 || list.GetDocuments()[0].GetName() != "merkblatt" || list.GetDocuments()[0].GetText() != "" || list.GetNextToken() == "" {
		t.Errorf("the list is %v, %v", list, err)
	}
}

func TestWhatDocumentsRefuse(t *testing.T) {
	w := newWorld(t)
	documents := workflowv1.NewDocumentServiceClient(w.conn)
	put := func(name, text, metadata, language string) error {
		_, err := documents.PutDocument(w.owner(t), &workflowv1.PutDocumentRequest{Name: name, Text: text, MetadataJson: metadata, Language: language})
		return err
	}
	for field, err := range map[string]error{
		"name": put("a/b", "x", "", ""), "text": put("a", strings.Repeat("x", store.MaxDocument+1), "", ""), "metadata_json": put("a", "x", `[]`, ""), "language": put("a", "x", "", "klingon"),
	} {
		if expectCode(t, field, err, codes.InvalidArgument); violated(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := documents.SearchDocuments(w.owner(t), &workflowv1.SearchDocumentsRequest{})
	expectCode(t, "no query", err, codes.InvalidArgument)
	_, err = documents.GetDocument(w.owner(t), &workflowv1.GetDocumentRequest{Name: "\x00"})
	expectCode(t, "no name", err, codes.NotFound)
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO documents (workspace_id, name, text, language, bytes, chunks, updated_by) VALUES ($1, 'large', '', 'english', $2, 1, '{}')`,
		w.workspace, store.MaxDocumentsBytes)
	expectCode(t, "more than a workspace may keep", put("a", "x", "", ""), codes.FailedPrecondition)
}
