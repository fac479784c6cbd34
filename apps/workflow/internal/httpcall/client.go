package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/retryafter"
	"github.com/agentteam/agentteam/internal/identity"
)

// Client makes requests. It logs nothing: addresses, headers and bodies are the users' secrets.
type Client struct {
	http  *http.Client
	vault *credential.Vault
}

// NewClient uses the guarded client of package outbound, and the credentials of the vault.
func NewClient(guarded *http.Client, vault *credential.Vault) *Client {
	return &Client{http: guarded, vault: vault}
}

// answer is the output of an http node.
type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// Do makes one request. The answer is there even if its status is a failure, for those who can use it.
func (c *Client) Do(ctx context.Context, id node.CallID, r Request) (json.RawMessage, *node.Failure) {
	request, failure := build(ctx, id, r)
	if failure != nil {
		return nil, failure
	}
	place := request.Method + " " + outbound.Redacted(request.URL)
	secret, failure := c.authorize(ctx, id.Workspace, r.Credential, request)
	if failure != nil {
		return nil, failure
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, failed(ctx, err, place)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, failed(ctx, err, place)
	}
	body, failure := decode(response.Header, []byte(secret.Redact(string(data))), place)
	if !r.succeeds(response.StatusCode) {
		failure = refused(response, place)
	}
	output, err := json.Marshal(answer{Status: response.StatusCode, Headers: headersOf(response.Header, secret), Body: body})
	if err != nil || len(output) > outbound.MaxBody {
		return nil, &node.Failure{Code: node.CodeTooLarge, Message: place + ": the answer has more than 4 MiB as JSON", Final: true}
	}
	return output, failure
}

// authorize adds the credential that a request names, if it names one; the secret is for taking it out of the answer.
func (c *Client) authorize(ctx context.Context, workspace, id string, request *http.Request) (*credential.Secret, *node.Failure) {
	if id == "" {
		return nil, nil
	}
	secret, failure := c.vault.Open(ctx, workspace, id)
	if failure != nil {
		return nil, failure
	}
	return secret, secret.Authorize(request)
}

func build(ctx context.Context, id node.CallID, r Request) (*http.Request, *node.Failure) {
	method, failure := r.method()
	if failure != nil {
		return nil, failure
	}
	address, failure := r.address(ctx)
	if failure != nil {
		return nil, failure
	}
	headers, failure := r.headers()
	if failure != nil {
		return nil, failure
	}
	data, mediaType := r.body()
	request, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(data))
	if err != nil {
		return nil, invalid("the request cannot be made: %v", err)
	}
	request.Header.Set("User-Agent", "agent-team")
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	if method == http.MethodPost || method == http.MethodPatch {
		request.Header.Set("Idempotency-Key", id.String())
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	request.Header.Set(identity.RunHeader, id.Run)
	return request, nil
}

// decode takes JSON as it is, and anything else for text.
func decode(header http.Header, data []byte, place string) (json.RawMessage, *node.Failure) {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	isJSON := mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
	if isJSON && json.Valid(data) {
		return data, nil
	}
	if !utf8.Valid(data) {
		return json.RawMessage("null"), &node.Failure{Code: node.CodeOutput, Message: place + ": the answer is neither JSON nor text in UTF-8", Final: true}
	}
	text, err := json.Marshal(string(data))
	if err != nil {
		return json.RawMessage("null"), node.Fail(node.CodeInternal, "%s: the answer cannot be encoded", place)
	}
	return text, nil
}

// headersOf leaves out cookies: they are credentials, and outputs are kept and shown.
func headersOf(header http.Header, secret *credential.Secret) map[string]string {
	plain := map[string]string{}
	for name, values := range header {
		if name != "Set-Cookie" && len(plain) < maxHeaders {
			plain[strings.ToLower(name)] = strings.ToValidUTF8(secret.Redact(strings.Join(values, ", ")), "")
		}
	}
	return plain
}

// refused is a status that is no success. Client errors stay what they are, but for those that say "later".
func refused(response *http.Response, place string) *node.Failure {
	status := response.StatusCode
	failure := node.Fail(node.CodeHTTPStatus, "%s answered %d %s", place, status, http.StatusText(status))
	later := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests}
	failure.Final = status < 500 && !slices.Contains(later, status)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		failure.RetryAfter = retryafter.Parse(response.Header)
	}
	return failure
}

// failed says why there is no answer, without the error's own text: it tells addresses of the network.
func failed(ctx context.Context, err error, place string) *node.Failure {
	if fault, ok := errors.AsType[*outbound.InvalidError](err); ok {
		return invalid("%s: %s", place, fault.Error())
	}
	var timeout net.Error
	switch {
	case errors.Is(err, outbound.ErrRefused):
		return &node.Failure{Code: node.CodeRefusedAddress, Message: place + ": " + outbound.ErrRefused.Error(), Final: true}
	case errors.Is(err, outbound.ErrTooLarge):
		return &node.Failure{Code: node.CodeTooLarge, Message: place + ": " + outbound.ErrTooLarge.Error(), Final: true}
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return node.Fail(node.CodeTimeout, "%s: no whole answer in time", place)
	}
	return node.Fail(node.CodeConnection, "%s: no answer: the name is unknown, nothing listens there, or the connection was lost", place)
}
