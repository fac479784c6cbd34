//go:build live

package images_test

import (
	"debug/buildinfo"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/images"
)

// TestImagesAreSmallAndDescribed looks at both images where they were pushed.
func TestImagesAreSmallAndDescribed(t *testing.T) {
	for _, service := range images.Services() {
		i := image(t, service)
		var platforms []string
		for _, p := range i.Platforms {
			platforms = append(platforms, p.Name)
			t.Logf("%s %s: %.1f MB compressed", service.Name, p.Name, float64(p.Size)/1e6)
			wantSBOM(t, p.SBOM)
		}
		if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
			t.Errorf("%s is built for %v, want %v", service.Name, platforms, want)
		}
	}
}

// wantSBOM wants a bill of materials that names this module's libraries.
func wantSBOM(t *testing.T, reference string) {
	t.Helper()
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	attached, err := remote.Image(tag, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatalf("the SBOM %s: %v", reference, err)
	}
	layers, err := attached.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("the SBOM %s has %d layers: %v", reference, len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var document struct {
		SPDXVersion string `json:"spdxVersion"`
		Packages    []struct{ Name string }
	}
	if err := json.NewDecoder(content).Decode(&document); err != nil || document.SPDXVersion == "" {
		t.Fatalf("the SBOM %s is no SPDX document: %v", reference, err)
	}
	for _, p := range document.Packages {
		if strings.Contains(p.Name, "github.com/jackc/pgx") {
			return
		}
	}
	t.Errorf("the SBOM %s does not name pgx among its %d packages", reference, len(document.Packages))
}

// TestSameFilesGiveTheSameImages builds again: nothing is to be pushed.
func TestSameFilesGiveTheSameImages(t *testing.T) {
	w, err := build()
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.publish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n, i := range again {
		if i.Pushed || i.Digest != w.built[n].Digest || i.Tag != w.built[n].Tag {
			t.Errorf("built again, %s is %s %s (pushed: %v), want %s %s", i.Service.Name, i.Tag, i.Digest, i.Pushed, w.built[n].Tag, w.built[n].Digest)
		}
	}
}

// TestImagesAreBuiltByTheirToolchain wants the version of Go that go.mod names, whichever this machine has: else the same commit
// has another digest elsewhere.
func TestImagesAreBuiltByTheirToolchain(t *testing.T) {
	module, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range images.Services() {
		built, err := buildinfo.ReadFile(filepath.Join(pull(t, service).Root, service.Binary))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(module), "\ntoolchain "+built.GoVersion+"\n") {
			t.Errorf("%s was built by %s, which is not go.mod's toolchain", service.Name, built.GoVersion)
		}
	}
}

// TestImagesHoldOneProgram wants nothing that an attacker could run beside it.
func TestImagesHoldOneProgram(t *testing.T) {
	for _, service := range images.Services() {
		root := pull(t, service).Root
		var programs []string
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			if info, err := entry.Info(); err != nil || info.Mode()&0o111 == 0 {
				return err
			}
			programs = append(programs, strings.TrimPrefix(path, root))
			return nil
		})
		if err != nil || !slices.Equal(programs, []string{service.Binary}) {
			t.Errorf("the image of %s has the programs %v, want %s alone; %v", service.Name, programs, service.Binary, err)
		}
	}
}

// TestTagNeverMoves pushes other files under the same name.
func TestTagNeverMoves(t *testing.T) {
	gateway, engine := image(t, contract.APIGateway()), image(t, contract.WorkflowEngine())
	repository, _, _ := strings.Cut(gateway.Reference, "@")
	tag, err := name.NewTag(repository)
	if err != nil {
		t.Fatal(err)
	}
	other, err := name.ParseReference(engine.Reference)
	if err != nil {
		t.Fatal(err)
	}
	content, err := remote.Index(other, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag, content, remote.WithContext(t.Context())); err == nil || !strings.Contains(err.Error(), "immutable") {
		t.Errorf("pushing another image under %s gives %v, want a refusal as ECR's", tag, err)
	}
}
