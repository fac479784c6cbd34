package accounts

import (
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/agentteam/agentteam/internal/identity"
)

// How long an answer is believed without asking PostgreSQL again: the longest that a revoked key goes on
// working, and a removed member stays, in a process that Redis did not tell.
const (
	keyTTL        = time.Minute
	membershipTTL = 30 * time.Second
	maxCached     = 10_000
)

// Credential is what an API key that works stands for.
type Credential struct {
	ID        string
	Workspace string
	Role      identity.Role
	ExpiresAt *time.Time
}

// Membership is a user's role in one workspace.
type Membership struct {
	Workspace string
	Role      identity.Role
}

// scope is what a change is about: a workspace, a user, or both.
type scope struct {
	Workspace string `json:"workspace,omitempty"`
	User      string `json:"user,omitempty"`
}

type cached[T any] struct {
	value   T
	expires time.Time
}

// cache holds answers. What was read before a change and arrives after it is not kept: forget begins a new age, and an
// answer is of the age that it was asked in.
type cache struct {
	mu          sync.Mutex
	age         uint64
	keys        *lru.Cache[Hash, cached[Credential]]
	memberships *lru.Cache[string, cached[[]Membership]]
}

func newCache() *cache {
	keys, err := lru.New[Hash, cached[Credential]](maxCached)
	if err != nil {
		panic(err) // only for a size below 1
	}
	memberships, err := lru.New[string, cached[[]Membership]](maxCached)
	if err != nil {
		panic(err) // as above
	}
	return &cache{keys: keys, memberships: memberships}
}

// now gives the age, to be handed back with the answer.
func (c *cache) now() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.age
}

func (c *cache) key(hash Hash) (Credential, bool) { return fresh(c.keys, hash) }

func (c *cache) membershipsOf(user string) ([]Membership, bool) { return fresh(c.memberships, user) }

func fresh[K comparable, T any](from *lru.Cache[K, cached[T]], key K) (value T, ok bool) {
	entry, found := from.Get(key)
	if !found || !time.Now().Before(entry.expires) {
		return value, false
	}
	return entry.value, true
}

func (c *cache) putKey(age uint64, hash Hash, k Credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age == c.age {
		c.keys.Add(hash, cached[Credential]{k, time.Now().Add(keyTTL)})
	}
}

func (c *cache) putMemberships(age uint64, user string, m []Membership) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age == c.age {
		c.memberships.Add(user, cached[[]Membership]{m, time.Now().Add(membershipTTL)})
	}
}

// forget drops whatever the change may have made wrong.
func (c *cache) forget(changed scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	if changed.User != "" {
		c.memberships.Remove(changed.User)
	}
	if changed.Workspace == "" {
		return
	}
	for _, hash := range c.keys.Keys() {
		if entry, found := c.keys.Peek(hash); found && entry.value.Workspace == changed.Workspace {
			c.keys.Remove(hash)
		}
	}
	for _, user := range c.memberships.Keys() {
		entry, found := c.memberships.Peek(user)
		if found && slices.ContainsFunc(entry.value, func(m Membership) bool { return m.Workspace == changed.Workspace }) {
			c.memberships.Remove(user)
		}
	}
}
