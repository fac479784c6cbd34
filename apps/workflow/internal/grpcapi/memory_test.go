package grpcapi_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestMemory(t *testing.T) {
	w := newWorld(t)
	ctx, memory := w.owner(t), workflowv1.NewMemoryServiceClient(w.conn)
	put := func(key, value string, ttl int64) error {
		_, err := memory.PutMemory(ctx, &workflowv1.PutMemoryRequest{Namespace: "n", Key: key, ValueJson: value, TtlSeconds: ttl})
		return err
	}
	for i, value := range []string{`1`, `{"b": 1.50, "a": "ä"}`, `"x"`, `"y"`} {
		if err := put(fmt.Sprint("k", i%3), value, int64(i%2)*60); err != nil {
			t.Fatal(err)
		}
	}
	got, err := memory.GetMemory(ctx, &workflowv1.GetMemoryRequest{Namespace: "n", Key: "k1"})
	if err != nil || got.GetEntry().GetValueJson() != `{"b": 1.50, "a": "ä"}` || got.GetEntry().GetExpireTime() == nil {
		t.Errorf("%v, %v", got, err)
	}
	page, err := memory.ListMemory(ctx, &workflowv1.ListMemoryRequest{Namespace: "n", KeyPrefix: "k", Page: &workflowv1.Page{Size: 2}})
	if err != nil || len(page.GetEntries()) != 2 || page.GetNextToken() == "" {
		t.Fatalf("the first page is %v, %v", page, err)
	}
	rest, err := memory.ListMemory(ctx, &workflowv1.ListMemoryRequest{Namespace: "n", KeyPrefix: "k", Page: &workflowv1.Page{Size: 2, Token: page.GetNextToken()}})
	if err != nil || len(rest.GetEntries()) != 1 || rest.GetEntries()[0].GetKey() != "k2" || rest.GetNextToken() != "" {
		t.Errorf("the second page is %v, %v", rest, err)
	}
	storetest.Exec(t, w.pool, w.workspace, `UPDATE memory_entries SET expires_at = now() - interval '1 second' WHERE key = 'k1'`)
	_, err = memory.GetMemory(ctx, &workflowv1.GetMemoryRequest{Namespace: "n", Key: "k1"})
	expectCode(t, "an expired value", err, codes.NotFound)
	_, err = memory.DeleteMemory(ctx, &workflowv1.DeleteMemoryRequest{Namespace: "n", Key: "k1"})
	expectCode(t, "the deletion of one", err, codes.NotFound)
	for field, err := range map[string]error{
		"key": put("a/b", `1`, 0), "value_json": put("k", `{`, 0), "ttl_seconds": put("k", `1`, -1),
	} {
		if expectCode(t, field, err, codes.InvalidArgument); violated(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	expectCode(t, "a large value", put("k", `"`+strings.Repeat("x", store.MaxEntry)+`"`, 0), codes.InvalidArgument)
}

func TestAWorkspacesMemoryIsBounded(t *testing.T) {
	w := newWorld(t)
	memory := workflowv1.NewMemoryServiceClient(w.conn)
	put := func(key string) error {
		_, err := memory.PutMemory(w.owner(t), &workflowv1.PutMemoryRequest{Namespace: "n", Key: key, ValueJson: `1`})
		return err
	}
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO memory_entries (workspace_id, namespace, key, value, bytes) SELECT $1, 'n', 'k' || i, '1', 1 FROM generate_series(1, $2) AS i`,
		w.workspace, store.MaxEntries)
	expectCode(t, "one more", put("more"), codes.FailedPrecondition)
	expectCode(t, "one that is there", put("k1"), codes.OK)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE memory_entries SET expires_at = now() WHERE key = 'k1'`)
	expectCode(t, "one more, after another expired", put("more"), codes.OK)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE memory_entries SET bytes = $1 WHERE key = 'k2'`, store.MaxMemoryBytes)
	expectCode(t, "more bytes", put("k3"), codes.FailedPrecondition)
}
