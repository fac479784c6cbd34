package inbound

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// MaxBody bounds a delivery, in bytes.
const MaxBody = 1 << 20

// Variables are what the expressions of a webhook's inputs may use.
func Variables() []string { return []string{"body", "headers", "query"} }

// Values are the values of Variables: JSON as it is, a form as an object of the first values, anything else as a text.
func Values(headers, query map[string]string, body []byte) (map[string]any, error) {
	value, err := parsed(headers["content-type"], body)
	if err != nil {
		return nil, err
	}
	return map[string]any{"body": value, "headers": texts(headers), "query": texts(query)}, nil
}

func parsed(contentType string, body []byte) (any, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errors.New("the body cannot be read as a form")
		}
		return texts(First(form)), nil
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		if !json.Valid(body) {
			return nil, fmt.Errorf("the body cannot be read as JSON, as its Content-Type %s says", kind)
		}
		return json.RawMessage(body), nil
	}
	return strings.ToValidUTF8(string(body), "\uFFFD"), nil
}

// First keeps the first value of each name.
func First(values map[string][]string) map[string]string {
	first := make(map[string]string, len(values))
	for name, all := range values {
		if len(all) > 0 {
			first[name] = strings.ToValidUTF8(all[0], "\uFFFD")
		}
	}
	return first
}

func texts(values map[string]string) map[string]any {
	open := make(map[string]any, len(values))
	for name, value := range values {
		open[name] = value
	}
	return open
}
