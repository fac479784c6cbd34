package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// etag is the entity tag of a revision.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// Conditional makes a change depend on the revision it was made from.
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"64" example:"\"7\"" doc:"The ETag that the change was made from; 412 if it is no longer current. Without it, or with *, anything is overwritten."`
}

// revision is 0 for any. A tag that cannot be one of ours fits no revision.
func (c Conditional) revision() (int64, error) {
	given := strings.TrimSpace(c.IfMatch)
	if given == "" || given == "*" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(given, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	revision, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !closed || err != nil || revision < 1 || etag(revision) != given {
		return 0, mismatch(`If-Match must be an ETag that this resource had, such as "7", or *; got ` + quoted(given))
	}
	return revision, nil
}

// explain turns the engine's word for a lost race into that of HTTP, if a revision was asked for.
func (c Conditional) explain(err error) error {
	revision, parse := c.revision()
	if parse == nil && revision > 0 && status.Code(err) == codes.Aborted {
		return mismatch(status.Convert(err).Message())
	}
	return err
}

func mismatch(detail string) error {
	return newProblem(http.StatusPreconditionFailed, codeRevision, detail)
}
