package images

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/internal/registry"
)

// pushed is a registry with an image under <address>/<repository>:v1 for each repository.
func pushed(t *testing.T, repositories ...string) (address string) {
	t.Helper()
	r, err := registry.Start(t.Context(), registry.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(t.Context()) }) // the test is over
	for _, repository := range repositories {
		content, err := random.Index(1000, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := name.NewTag(r.Address + "/" + repository + ":v1")
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(reference, content); err != nil {
			t.Fatal(err)
		}
	}
	return r.Address
}

func TestCopyingAgainChangesNothing(t *testing.T) {
	from, to := pushed(t, "app")+"/app", pushed(t)+"/team/app"
	for _, want := range []bool{true, false} {
		if got, err := copyTag(t.Context(), from, to, "v1"); err != nil || got != want {
			t.Errorf("pushed: %v, %v; want %v", got, err, want)
		}
	}
}

func TestAnotherImageUnderATagIsRefusedWithTheRemedy(t *testing.T) {
	address := pushed(t, "app", "other")
	_, err := copyTag(t.Context(), address+"/app", address+"/other", "v1")
	if err == nil || !strings.Contains(err.Error(), "never moves; commit a change to get a new tag") {
		t.Errorf("got %v", err)
	}
}

func TestRefusedPushSaysWhatToDo(t *testing.T) {
	from := pushed(t, "app") + "/app"
	for status, want := range map[int]string{
		http.StatusForbidden: "log in first: aws ecr get-login-password",
		http.StatusNotFound:  "the account stack makes it (make bootstrap)",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" { // the greeting; then every request fails
				w.WriteHeader(status)
			}
		}))
		_, err := copyTag(t.Context(), from, strings.TrimPrefix(server.URL, "http://")+"/team/app", "v1")
		server.Close()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("status %d gives %v, want %q", status, err, want)
		}
	}
}
