package sandbox

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/agentteam/agentteam/internal/registry"
)

// archive is a tar with these entries. A file's content is its own name.
func archive(t *testing.T, entries ...tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(e.Name))
		}
		if err := w.WriteHeader(&e); err != nil {
			t.Fatal(err)
		}
		if e.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(e.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func file(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644} }

func link(kind byte, name, to string) tar.Header {
	return tar.Header{Typeflag: kind, Name: name, Linkname: to, Mode: 0o777}
}

func TestUnpackKeepsFilesAndLinks(t *testing.T) {
	dir := t.TempDir()
	shut := tar.Header{Typeflag: tar.TypeDir, Name: "shut/", Mode: 0o555}
	device := tar.Header{Typeflag: tar.TypeChar, Name: "null", Mode: 0o666}
	setUser := file("bin/su")
	setUser.Mode = 0o4755
	err := unpack(archive(t, shut, file("shut/inside"), file("/etc/absolute"), setUser, device,
		link(tar.TypeSymlink, "bin/soft", "/etc/absolute"), link(tar.TypeLink, "bin/hard", "/bin/su")), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"shut/inside": "shut/inside", "etc/absolute": "/etc/absolute", "bin/hard": "bin/su"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
		}
	}
	if to, err := os.Readlink(filepath.Join(dir, "bin/soft")); err != nil || to != "/etc/absolute" {
		t.Errorf("bin/soft leads to %q, %v: it must lead where it does in the image", to, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "bin/su")); err != nil || info.Mode() != 0o755 {
		t.Errorf("bin/su has mode %v, %v: want no set-user-ID bit", info.Mode(), err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "null")); err == nil {
		t.Error("a device was made")
	}
}

func TestUnpackStaysInItsFolder(t *testing.T) {
	outside := t.TempDir()
	for name, entries := range map[string][]tar.Header{
		"a name that climbs":      {file("../escaped")},
		"a link to the outside":   {link(tar.TypeSymlink, "out", outside), file("out/escaped")},
		"a link that climbs":      {link(tar.TypeSymlink, "up", ".."), file("up/escaped")},
		"a hard link that climbs": {link(tar.TypeLink, "passwd", "../secret")},
		"a file through a link":   {link(tar.TypeSymlink, "out", filepath.Join(outside, "escaped")), file("out")},
	} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "root")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(parent, "secret"), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unpack(archive(t, entries...), dir); err == nil {
			t.Errorf("%s is taken", name)
		}
		for _, place := range []string{parent, outside} {
			if _, err := os.Lstat(filepath.Join(place, "escaped")); err == nil {
				t.Errorf("%s wrote into %s", name, place)
			}
		}
	}
}

// TestPullUnpacksOnce pulls an image twice; what was changed in its root shows that the second pull left it alone.
func TestPullUnpacksOnce(t *testing.T) {
	r, err := registry.Start(t.Context(), registry.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(t.Context())
	reference, err := name.NewTag(r.Address + "/team/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	content, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference, content); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first, err := Pull(t.Context(), reference.String(), dir)
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(first.Root, "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := Pull(t.Context(), reference.String(), dir)
	if err != nil || second.Root != first.Root {
		t.Fatalf("pulled again to %v, %v", second, err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("the root was unpacked again: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".unpacking-*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	if _, err := Pull(t.Context(), r.Address+"/team/app:v2", dir); err == nil || !strings.Contains(err.Error(), "team/app:v2") {
		t.Errorf("a tag that is not there gives %v", err)
	}
}
