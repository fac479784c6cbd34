package model

import "net/http"

// maxStream bounds what is read of one answer: events are some hundred bytes a token.
const maxStream = 64 << 20

// newHTTPClient is an ordinary client, with the operator's proxy if there is one: the address is the
// operator's own choice. An attempt's context bounds its time.
func newHTTPClient() *http.Client { return &http.Client{Transport: bounded{}} }

type bounded struct{}

// RoundTrip cuts an answer that does not end.
func (bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxStream)
	}
	return response, err
}
