package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
)

// How fresh the keys are. Supabase shows a new key long before it signs with it.
const (
	refreshAfter = 5 * time.Minute  // from then on they are fetched anew beside the requests
	maxAge       = 10 * time.Minute // from then on requests wait for that, unless Supabase is failing
	maxStale     = time.Hour        // how long an outage of Supabase is survived; then a revoked key must not go on

	fetchInterval = 30 * time.Second // at least, whatever key ids tokens name
	retryInterval = 2 * time.Second  // while there are no keys at all
	patience      = 3 * time.Second  // of a request
	fetchTimeout  = 5 * time.Second
)

// errUnknownKey is about the token; any other error of find is about Supabase.
var errUnknownKey = errors.New("the project has no such key")

// verifyKey is a key with the one algorithm that it is for.
type verifyKey struct {
	algorithm jwa.SignatureAlgorithm
	key       any
}

// keySet is the project's public keys by their ids.
type keySet struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	mu       sync.Mutex
	keys     map[string]verifyKey
	fetched  time.Time     // when the keys came
	tried    time.Time     // when the last fetch began
	failure  error         // of the last fetch
	fetching chan struct{} // closed at the end of the fetch in flight; nil without one
}

func newKeySet(url string, log *slog.Logger) *keySet {
	client := &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("keys must not be redirected") },
	}
	return &keySet{url: url, client: client, log: log, now: time.Now}
}

// find gives the key. It asks Supabase at a limited rate, and waits for it only when it has to.
func (s *keySet) find(ctx context.Context, id string) (verifyKey, error) {
	s.mu.Lock()
	key, err := s.lookLocked(id)
	if s.now().Sub(s.fetched) > refreshAfter || err != nil {
		s.fetchLocked(ctx)
	}
	outdated := s.now().Sub(s.fetched) > maxAge && s.failure == nil
	fetching := s.fetching
	s.mu.Unlock()
	if fetching == nil || err == nil && !outdated {
		return key, err
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-fetching:
	case <-wait.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lookLocked(id)
}

func (s *keySet) lookLocked(id string) (verifyKey, error) {
	if s.fetched.IsZero() || s.now().Sub(s.fetched) > maxStale {
		return verifyKey{}, errors.Join(errors.New("there are no keys of Supabase"), s.failure)
	}
	if key, known := s.keys[id]; known {
		return key, nil
	}
	return verifyKey{}, errUnknownKey
}

// fetchLocked begins a fetch unless there is one, or was one a moment ago. It goes on when the request that
// was the reason ends.
func (s *keySet) fetchLocked(ctx context.Context) {
	interval := fetchInterval
	if s.failure != nil && (s.fetched.IsZero() || s.now().Sub(s.fetched) > maxStale) {
		interval = retryInterval
	}
	if s.fetching != nil || !s.tried.IsZero() && s.now().Sub(s.tried) < interval {
		return
	}
	s.tried, s.fetching = s.now(), make(chan struct{})
	go s.fetch(context.WithoutCancel(ctx))
}

func (s *keySet) fetch(ctx context.Context) {
	keys, err := download(ctx, s.client, s.url)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.log.WarnContext(ctx, "the keys of Supabase could not be fetched", "url", s.url, "error", err, "last_fetched", s.fetched)
	} else {
		s.keys, s.fetched = keys, s.now()
	}
	s.failure = err
	close(s.fetching)
	s.fetching = nil
}
