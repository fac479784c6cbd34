package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
)

// Published is a workflow and its newest version.
type Published struct {
	ID      string
	Version int
	Changed bool // a version was published just now
}

type workflow struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Document         json.RawMessage `json:"document"`
	PublishedVersion int             `json:"published_version"`
}

// Publish makes the document the newest version of the workflow of its name. If it is that already, nothing changes.
func (c *Client) Publish(ctx context.Context, document []byte) (Published, error) {
	var named struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(document, &named); err != nil {
		return Published{}, fmt.Errorf("the document is no JSON: %w", err)
	}
	found, err := c.find(ctx, named.Name)
	if err != nil {
		return Published{}, err
	}
	if found == nil {
		found = &workflow{}
		if err := c.Post(ctx, "/v1/workflows", json.RawMessage(document), found); err != nil {
			return Published{}, err
		}
	} else if same(found.Document, document) && found.PublishedVersion > 0 {
		return Published{ID: found.ID, Version: found.PublishedVersion}, nil
	} else if err := c.call(ctx, http.MethodPut, "/v1/workflows/"+found.ID, json.RawMessage(document), nil); err != nil {
		return Published{}, err
	}
	var version struct {
		Version int `json:"version"`
	}
	err = c.Post(ctx, "/v1/workflows/"+found.ID+":publish", map[string]string{}, &version)
	return Published{ID: found.ID, Version: version.Version, Changed: true}, err
}

// find gives the newest workflow of exactly this name with its document, or nil.
func (c *Client) find(ctx context.Context, name string) (*workflow, error) {
	var list struct {
		Items []workflow `json:"items"`
	}
	if err := c.Get(ctx, "/v1/workflows?name="+url.QueryEscape(name), &list); err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		if item.Name == name {
			err := c.Get(ctx, "/v1/workflows/"+item.ID, &item)
			return &item, err
		}
	}
	return nil, nil
}

// same compares two documents as values: the API may space them differently.
func same(a, b []byte) bool {
	var x, y any
	left, right := json.NewDecoder(bytes.NewReader(a)), json.NewDecoder(bytes.NewReader(b))
	left.UseNumber()
	right.UseNumber()
	return left.Decode(&x) == nil && right.Decode(&y) == nil && reflect.DeepEqual(x, y)
}
