//go:build live

package deployed_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/fargate"
	"github.com/agentteam/agentteam/internal/images"
	"github.com/agentteam/agentteam/internal/livetest"
	"github.com/agentteam/agentteam/internal/localcloud"
	"github.com/agentteam/agentteam/internal/terraform"
	"github.com/agentteam/agentteam/internal/toolchain"
)

// world is a deployed environment with its tasks running.
type world struct {
	*livetest.World
	dir, root string
	tf        terraform.Runner
	reader    *fargate.Reader
	cluster   string
	tag       string
	variables []string // of every apply
	client    *api.Client
	began     time.Time
}

// deploy makes everything from nothing: the images while Terraform waits.
func deploy(t *testing.T) *world {
	t.Helper()
	w := &world{World: livetest.Start(t), began: time.Now()}
	w.root = moduleRoot(t)
	w.reader = fargate.NewReader(w.Config(t))
	w.startCloud(t)
	published := make(chan error, 1)
	repository := w.repository(t)
	go func() { published <- w.publish(t.Context(), repository) }()
	log := &strings.Builder{}
	w.Account(t, log)
	w.say("account is deployed")
	w.tf = w.Terraform(filepath.Join(livetest.Synthesize(t), "development"), log)
	must(t, w.tf.Init(t.Context()))
	state := w.state(t)
	must(t, <-published)
	w.variables = []string{
		"enable_execute_command=false", // which would make the roots writable
		"openai_base_url=" + state.Models + "/v1", "outbound_allow=" + strings.TrimPrefix(state.Samples[:strings.LastIndex(state.Samples, ":")], "http://"),
	}
	w.terraformApply(t, "openai_api_key=simulated", "image_tag="+w.tag)
	w.say("development is deployed")
	outputs, err := w.tf.Outputs(t.Context())
	must(t, err)
	w.cluster = fmt.Sprint(outputs["ecs_cluster_name"].Value)
	must(t, localcloud.Follow(w.dir, w.cluster))
	w.awaitRunning(t)
	w.openKey(t)
	return w
}

// startCloud runs what AWS would, until the test's end.
func (w *world) startCloud(t *testing.T) {
	t.Helper()
	var err error
	w.dir, err = os.MkdirTemp("", "deployed-") //nolint:usetesting // PostgreSQL's account cannot enter the test's folder
	must(t, err)
	must(t, os.Chmod(w.dir, 0o755))
	log, err := os.Create(filepath.Join(w.dir, "cloud.log"))
	must(t, err)
	cloud, err := localcloud.Start(t.Context(), localcloud.Options{AWS: w.Config(t), Dir: w.dir, Out: log})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- cloud.Run(ctx) }()
	t.Cleanup(func() {
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("end the tasks: %v", err)
		}
		w.say(fmt.Sprintf("ended in %.0f s", time.Since(began).Seconds()))
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the log:\n%s", text[max(0, len(text)-5000):])
		}
		_ = os.RemoveAll(w.dir)
	})
}

func (w *world) publish(ctx context.Context, repository string) error {
	tools, err := toolchain.Default(os.Stderr)
	if err != nil {
		return err
	}
	built, err := images.Publish(ctx, images.Options{Root: w.root, Dir: filepath.Join(w.dir, "build"), Tools: tools, Registry: repository, Base: images.EmptyBase, Out: os.Stderr})
	if err != nil {
		return err
	}
	w.tag = built[0].Tag
	w.say("the images are built")
	return nil
}

func (w *world) repository(t *testing.T) string { return w.state(t).Registry + "/" + contract.Project }

// retag gives both images one more tag.
func (w *world) retag(t *testing.T, to string) {
	t.Helper()
	for _, service := range images.Services() {
		from, err := name.NewTag(w.repository(t) + "/" + service.Name + ":" + w.tag)
		must(t, err)
		image, err := remote.Get(from)
		must(t, err)
		must(t, remote.Tag(from.Context().Tag(to), image))
	}
}

// apply changes what is deployed and waits until it runs.
func (w *world) apply(t *testing.T, variables ...string) {
	t.Helper()
	if !strings.Contains(strings.Join(variables, " "), "image_tag=") {
		variables = append(variables, "image_tag="+w.tag)
	}
	w.terraformApply(t, variables...)
	w.say("applied " + strings.Join(variables, " "))
	w.awaitRunning(t)
}

func (w *world) terraformApply(t *testing.T, variables ...string) {
	t.Helper()
	var arguments []string
	for _, v := range append(append([]string{}, w.variables...), variables...) {
		arguments = append(arguments, "-var="+v)
	}
	_, err := w.tf.Plan(t.Context(), "plan", arguments...)
	must(t, err)
	must(t, w.tf.Apply(t.Context(), "plan", arguments...))
}

func (w *world) awaitRunning(t *testing.T) {
	t.Helper()
	services, err := w.reader.Services(t.Context(), w.cluster)
	must(t, err)
	const hopeless = 5
	w.eventually(t, "the tasks run as deployed", func() bool {
		for _, s := range w.state(t).Services {
			if s.Failures >= hopeless {
				t.Fatalf("%s does not start: %s", s.Service, s.Failure)
			}
		}
		return w.state(t).Runs(services)
	})
	w.say("the tasks run as deployed")
}

func (w *world) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in two minutes: %s\n%+v", what, w.state(t).Services)
		}
	}
}

func (w *world) state(t *testing.T) localcloud.State {
	t.Helper()
	state, _, err := localcloud.Find(w.dir)
	must(t, err)
	return state
}

// openKey makes a key as an operator does.
func (w *world) openKey(t *testing.T) {
	t.Helper()
	services, err := w.reader.Services(t.Context(), w.cluster)
	must(t, err)
	out, err := localcloud.Machine(w.dir, w.state(t)).RunOnce(t.Context(), w.reader, services[0].Definition,
		"api-key", "create", "--workspace", "Test", "--role", "admin")
	must(t, err)
	w.client = api.New(w.state(t).Public, strings.TrimSpace(out))
}

func (w *world) example(t *testing.T) devstack.Example {
	t.Helper()
	example, err := devstack.ReadExample(w.root, "research-and-report", w.state(t).Samples)
	must(t, err)
	return example
}

func (w *world) say(text string) {
	fmt.Fprintf(os.Stderr, "  deployed %5.0f s  %s\n", time.Since(w.began).Seconds(), text)
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	must(t, err)
	return root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
