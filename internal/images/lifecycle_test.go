package images

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/internal/registry"
)

type lifecycleRule struct {
	Selection struct {
		TagStatus, CountType string
		TagPatternList       []string
		CountNumber          int
	}
}

// TestRegistriesExpireWholeImages pushes an image as it is pushed to ECR, and wants each of its tags to be counted by one rule, and
// all rules to keep as many images: else an SBOM goes before its image, or something stays for ever.
func TestRegistriesExpireWholeImages(t *testing.T) {
	tags := promoted(t)
	counted, kept := map[string]int{}, map[int]bool{}
	for _, rule := range lifecycle(t) {
		s := rule.Selection
		if s.TagStatus != "tagged" {
			continue
		}
		matched := 0
		for _, tag := range tags {
			if ok, err := path.Match(s.TagPatternList[0], tag); err != nil || ok {
				matched++
				counted[tag]++
			}
		}
		if s.CountType != "imageCountMoreThan" || len(s.TagPatternList) != 1 || matched == 0 || s.CountNumber%matched != 0 {
			t.Fatalf("%d of the tags %q are counted by %+v", matched, tags, s)
		}
		kept[s.CountNumber/matched] = true
	}
	for _, tag := range tags {
		if counted[tag] != 1 {
			t.Errorf("%d rules count the tag %s", counted[tag], tag)
		}
	}
	if len(kept) != 1 {
		t.Errorf("the rules keep different numbers of images: %v", kept)
	}
}

// lifecycle is the policy of the account's registries.
func lifecycle(t *testing.T) []lifecycleRule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	var account struct {
		Resource struct {
			Policies map[string]struct{ Policy string } `json:"aws_ecr_lifecycle_policy"`
		}
	}
	var policy struct{ Rules []lifecycleRule }
	if err := json.Unmarshal(text, &account); err != nil {
		t.Fatal(err)
	}
	expression := account.Resource.Policies["api_gateway"].Policy
	literal := strings.TrimSuffix(strings.TrimPrefix(expression, "${jsonencode("), ")}")
	if err := json.Unmarshal([]byte(literal), &policy); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return policy.Rules
}

// promoted gives the tags of a repository that one image was pushed to.
func promoted(t *testing.T) (tags []string) {
	t.Helper()
	from, to := pushed(t)+"/app", pushed(t)+"/team/app"
	image := Image{Tag: tag(t, repository(t))}
	index, err := random.Index(1000, 1, int64(len(registry.Architectures())))
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := index.Digest() // it is in memory
	image.Digest = digest.String()
	stage(t, from, image.Tag, index)
	stage(t, from, sbomTag(digest), index)
	manifest, _ := index.IndexManifest() // likewise
	for _, m := range manifest.Manifests {
		image.Platforms = append(image.Platforms, Platform{SBOM: sbomTag(m.Digest)})
		stage(t, from, sbomTag(m.Digest), index)
	}
	if err := image.promote(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	target, err := name.NewRepository(to)
	if err != nil {
		t.Fatal(err)
	}
	if tags, err = remote.List(target); err != nil {
		t.Fatal(err)
	}
	return tags
}

func stage(t *testing.T, repository, tag string, content v1.ImageIndex) {
	t.Helper()
	reference, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(reference, content); err != nil {
		t.Fatal(err)
	}
}
