// Package api is a client of the gateway's HTTP API: as much of it as the developer's tool, its smoke test and the examples use.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxAnswer bounds what an answer may have: an artifact is the largest thing that there is.
const maxAnswer = 8 << 20

// Client calls the API with one key.
type Client struct {
	URL  string // base, without /v1
	Key  string // empty: requests carry none
	HTTP *http.Client
}

// New makes a client that asks no proxy, since the gateway is on this machine.
func New(url, key string) *Client {
	return &Client{URL: url, Key: key, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}}
}

// Problem is an answer of RFC 9457.
type Problem struct { //nolint:errname // the RFC's word
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Pointer string `json:"pointer"`
		Message string `json:"message"`
	} `json:"errors"`
	request string
}

// Error tells everything that the answer does.
func (p *Problem) Error() string {
	lines := make([]string, 0, 1+len(p.Errors))
	lines = append(lines, fmt.Sprintf("%s answered %d %s: %s (request %s)", p.request, p.Status, p.Code, p.Detail, p.RequestID))
	for _, e := range p.Errors {
		lines = append(lines, e.Pointer+": "+e.Message)
	}
	return strings.Join(lines, "\n  ")
}

// Get reads a path into a value.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodGet, path, nil, into)
}

// Post sends a value and reads the answer into another.
func (c *Client) Post(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPost, path, body, into)
}

// Put makes or replaces what a path names.
func (c *Client) Put(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPut, path, body, into)
}

// Delete removes what a path names.
func (c *Client) Delete(ctx context.Context, path string) error {
	return c.call(ctx, http.MethodDelete, path, nil, nil)
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	content, err := encode(body)
	if err != nil {
		return err
	}
	response, err := c.send(ctx, method, path, content, http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// send gives the answer of a request that succeeded.
func (c *Client) send(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = header
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < http.StatusMultipleChoices {
		return response, nil
	}
	defer response.Body.Close()
	problem := &Problem{request: method + " " + path}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil || json.Unmarshal(text, problem) != nil || problem.Code == "" {
		problem.Code, problem.Detail = response.Status, string(text)
	}
	problem.Status = response.StatusCode
	return nil, problem
}

func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return json.Marshal(body)
}
