package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/id"
)

// name is a key together with whose it is.
type name struct {
	owner Owner
	key   string
}

// workspace is the tenant that row-level security keeps the row for; no workspace's id has a colon.
func (n name) workspace() string {
	if n.owner.Workspace == "" {
		return "user:" + n.owner.Subject
	}
	return n.owner.Workspace
}

// column has no ambiguity: no subject has a space.
func (n name) column() string { return n.owner.Subject + " " + n.key }

// fingerprint tells requests apart.
func fingerprint(r *http.Request, body []byte) []byte {
	hash := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	hash.Write(body)
	return hash.Sum(nil)
}

// NewID is id.New for what the request makes, except that a request with an Idempotency-Key gets the same id
// again when it is repeated because its first process vanished. Use it once for each prefix.
func NewID(ctx context.Context, prefix string) string {
	c, found := ctx.Value(claimKey{}).(*claim)
	if !found {
		return id.New(prefix)
	}
	return prefix + "_" + base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding).EncodeToString(c.uuid(prefix))
}

type claimKey struct{}

// claim is the right to carry a request out.
type claim struct {
	name    name
	created time.Time // of the key; the same when another request takes over
	claimed time.Time
}

// uuid is of version 7 (RFC 9562), with a hash for its random bits.
func (c *claim) uuid(prefix string) []byte {
	hash := sha256.Sum256([]byte(prefix + "\x00" + c.name.workspace() + "\x00" + c.name.column() + "\x00" + c.created.UTC().Format(time.RFC3339Nano)))
	bytes := hash[:16]
	milliseconds := binary.BigEndian.AppendUint64(nil, uint64(c.created.UnixMilli()))
	copy(bytes, milliseconds[2:])
	bytes[6] = bytes[6]&0x0f | 0x70
	bytes[8] = bytes[8]&0x3f | 0x80
	return bytes
}
