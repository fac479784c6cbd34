//go:build live

package commands_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/emulator"
)

const (
	demoBucket = "demo-state"
	demoKey    = "demo/terraform.tfstate"
)

// demo is a stack of one parameter, so that these tests take seconds: everything between the command
// line and the AWS API is real.
const demo = `{
  "terraform": {"backend": {"s3": {"bucket": "demo-state", "key": "demo/terraform.tfstate", "region": "us-east-1", "use_lockfile": true}},
    "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.99"}}},
  "provider": {"aws": [{"region": "us-east-1"}]},
  "variable": {"aws_region": {"type": "string", "default": "us-east-1"}, "count_of_words": {"type": "number", "default": 1, "validation": [
    {"condition": "${var.count_of_words > 0}", "error_message": "count_of_words must be 1 or more."}]}},
  "resource": {"aws_ssm_parameter": {"demo": {"name": "/demo", "type": "String", "value": "${var.count_of_words}"}}%s}
}`

// demoFolder is a project whose app copies the demo stack, with more resources of the caller's.
func demoFolder(t *testing.T, e *emulator.Emulator, more string) folder {
	t.Helper()
	f := newFolder(t, demoApp, e.Env()...)
	f.writeDemo(t, more)
	return f
}

// demoApp is the command that stands for a synth.
const demoApp = `mkdir -p "$CDKTF_OUTDIR" && cp -R app/. "$CDKTF_OUTDIR"`

func (f folder) writeDemo(t *testing.T, more string) {
	t.Helper()
	f.write(t, "app/manifest.json", `{"stacks": {"demo": {"name": "demo"}}}`)
	f.write(t, "app/stacks/demo/cdk.tf.json", fmt.Sprintf(demo, more))
}

// s3 sends one request to the emulated S3, which asks for a signature and does not check it.
func s3(t *testing.T, e *emulator.Emulator, method, path, content string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.URL()+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func makeDemoBucket(t *testing.T, e *emulator.Emulator) {
	t.Helper()
	if status, answer := s3(t, e, http.MethodPut, "/"+demoBucket, ""); status != http.StatusOK {
		t.Fatalf("make bucket %s: %d %s", demoBucket, status, answer)
	}
}
