package health

import (
	"context"
	"fmt"
	"net/http"
)

// HTTP succeeds if the service that listens on the address answers GET path with 200. It asks no proxy.
func HTTP(ctx context.Context, listen, path string) error {
	address, err := Loopback(listen)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answered %s, want 200", request.URL, response.Status)
	}
	return nil
}
