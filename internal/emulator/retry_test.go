//go:build live

package emulator_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/emulator"
)

// A client that did not hear the answer repeats its call under the same id; another call has another.
func TestARetryHearsTheFirstAnswer(t *testing.T) {
	e, err := emulator.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Stop() }()
	first, retry, other := createVPC(t, e.URL(), "call-1"), createVPC(t, e.URL(), "call-1"), createVPC(t, e.URL(), "call-2")
	if first != retry {
		t.Errorf("the retry made %s, want the %s that the first attempt made", retry, first)
	}
	if first == other {
		t.Errorf("another call was answered with the same %s", other)
	}
}

func createVPC(t *testing.T, endpoint, call string) (id string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint,
		strings.NewReader("Action=CreateVpc&CidrBlock=10.0.0.0/16&Version=2016-11-15"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("Amz-Sdk-Invocation-Id", call)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	id = regexp.MustCompile(`<vpcId>vpc-[0-9a-f]+`).FindString(string(text))
	if id == "" {
		t.Fatalf("CreateVpc answers %s", text)
	}
	return id
}
