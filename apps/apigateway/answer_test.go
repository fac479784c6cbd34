package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// answer is what a GET gave.
type answer struct {
	status      int
	contentType string
	body        string
	err         error
}

// get asks over a connection of its own, as a load balancer's probe does.
func get(t *testing.T, url string) answer {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(body), err}
}

// is says whether the answer has a status and holds a text: "200 text".
func (a answer) is(want string) bool {
	status, text, _ := strings.Cut(want, " ")
	return strconv.Itoa(a.status) == status && strings.Contains(a.body, text) && a.wellFormed()
}

// expect fails the test unless the answer is what is wanted.
func (a answer) expect(t *testing.T, want string) {
	t.Helper()
	if !a.is(want) {
		t.Errorf("want %s, got %+v", want, a)
	}
}

// wellFormed says whether an error is a problem and anything else plain JSON.
func (a answer) wellFormed() bool {
	want := "application/json"
	if a.status >= http.StatusBadRequest {
		want = "application/problem+json"
	}
	return a.contentType == want && json.Valid([]byte(a.body))
}
