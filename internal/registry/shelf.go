package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxManifest is what the OCI distribution specification asks registries to accept: 4 MiB.
const maxManifest = 4 << 20

// manifestPath has the repository and the tag or digest.
var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)

// shelf keeps manifests in files, since the registry behind it has only memory for them, and their tags in place.
type shelf struct {
	dir  string
	next http.Handler
	lock sync.Mutex // a tag is looked up and set as one
}

// record is a manifest as a file.
type record struct {
	Path, ContentType string
	Manifest          []byte
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	place := manifestPath.FindStringSubmatch(r.URL.Path)
	if r.Method != http.MethodPut || place == nil {
		s.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifest))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", fmt.Sprintf("the manifest must have at most %d bytes: %v", maxManifest, err))
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.taken(r, body) {
		refuse(w, http.StatusBadRequest, "TAG_INVALID", fmt.Sprintf(
			"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", place[2], place[1]))
		return
	}
	s.put(w, r, body)
}

// taken says whether the path holds another manifest. A path with a digest never does.
func (s *shelf) taken(r *http.Request, manifest []byte) bool {
	digest, _, _ := v1.SHA256(bytes.NewReader(manifest)) // reads memory: cannot fail
	answer := httptest.NewRecorder()
	s.next.ServeHTTP(answer, httptest.NewRequestWithContext(r.Context(), http.MethodHead, r.URL.Path, nil))
	return answer.Code == http.StatusOK && answer.Header().Get("Docker-Content-Digest") != digest.String()
}

// put hands the manifest on, and keeps it if it was accepted.
func (s *shelf) put(w http.ResponseWriter, r *http.Request, manifest []byte) {
	r.Body = io.NopCloser(bytes.NewReader(manifest))
	answer := httptest.NewRecorder()
	s.next.ServeHTTP(answer, r)
	if answer.Code == http.StatusCreated {
		if err := s.save(record{r.URL.Path, r.Header.Get("Content-Type"), manifest}); err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client has gone, and knows
}

// save writes a file that is whole or not there.
func (s *shelf) save(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	file := filepath.Join(s.dir, url.QueryEscape(r.Path))
	if err := os.WriteFile(file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// load hands every kept manifest to the registry behind. An index needs its images to be there: a second round finds them.
func (s *shelf) load(ctx context.Context) error {
	files, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var left []record
	for _, file := range files {
		var r record
		if filepath.Ext(file.Name()) == ".new" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.dir, file.Name()))
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			return fmt.Errorf("read the manifest %s: %w; delete the folder, and push again", file.Name(), err)
		}
		left = append(left, r)
	}
	return s.replay(ctx, left)
}

// replay repeats the puts in any order that the registry behind accepts.
func (s *shelf) replay(ctx context.Context, records []record) error {
	for len(records) > 0 {
		var refused []record
		for _, r := range records {
			request := httptest.NewRequestWithContext(ctx, http.MethodPut, r.Path, bytes.NewReader(r.Manifest))
			request.Header.Set("Content-Type", r.ContentType)
			answer := httptest.NewRecorder()
			if s.next.ServeHTTP(answer, request); answer.Code != http.StatusCreated {
				refused = append(refused, r)
			}
		}
		if len(refused) == len(records) {
			return fmt.Errorf("%s and %d more manifests lack what they refer to; delete the folder, and push again", refused[0].Path, len(refused)-1)
		}
		records = refused
	}
	return nil
}

// refuse answers in the form that clients of registries read.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	type fault struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.NewEncoder(w).Encode(map[string][]fault{"errors": {{code, message}}}) // the client has gone
}
