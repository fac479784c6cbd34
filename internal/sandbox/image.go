package sandbox

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Image is an image on this machine's disk, with what it says about running it.
type Image struct {
	Root       string // the folder with its files
	Digest     string // of the variant for this machine
	Entrypoint []string
	Cmd        []string // arguments unless others are given
	Env        []string
	User       string
	WorkingDir string
}

// Command is what the image runs with these arguments, or with its own where there are none.
func (i *Image) Command(arguments ...string) []string {
	if len(arguments) == 0 {
		arguments = i.Cmd
	}
	return append(append([]string{}, i.Entrypoint...), arguments...)
}

// Pull fetches an image's variant for Linux on this machine's architecture and unpacks it below dir, once: an image
// with the same digest is taken as it is.
func Pull(ctx context.Context, reference, dir string) (*Image, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(parsed, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err != nil {
		return nil, fmt.Errorf("pull %s for linux/%s: %w", reference, runtime.GOARCH, err)
	}
	described, err := describe(image)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", reference, err)
	}
	digest, err := v1.NewHash(described.Digest)
	if err != nil {
		return nil, err
	}
	described.Root = filepath.Join(dir, digest.Hex)
	if err := unpackOnce(image, described.Root); err != nil {
		return nil, fmt.Errorf("unpack %s into %s: %w", reference, described.Root, err)
	}
	return described, nil
}

func describe(image v1.Image) (*Image, error) {
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	c := file.Config
	return &Image{
		Digest: digest.String(), Entrypoint: c.Entrypoint, Cmd: c.Cmd, Env: c.Env, User: c.User, WorkingDir: c.WorkingDir,
	}, nil
}

// unpackOnce moves a whole root to its place, so that an interrupted one is never taken for an image.
func unpackOnce(image v1.Image, root string) error {
	if _, err := os.Stat(root); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(root), ".unpacking-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	files := mutate.Extract(image)
	defer files.Close()
	if err := unpack(files, fresh); err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o755); err != nil { // MkdirTemp shuts others out
		return err
	}
	// Another process may have been faster; its root is as good.
	if err := os.Rename(fresh, root); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// unpack writes the files of an archive. Below an os.Root no name and no link leads out of the folder.
func unpack(archive io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for entries := tar.NewReader(archive); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := write(root, entry, entries); err != nil {
			return fmt.Errorf("%s: %w", entry.Name, err)
		}
	}
}

// write makes one entry. Owners, set-user-ID bits and devices are left out: nothing in the sandbox could use them.
func write(root *os.Root, entry *tar.Header, content io.Reader) error {
	name := relative(entry.Name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := entry.FileInfo().Mode().Perm()
	switch entry.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, mode|0o700) // else an ordinary user could not fill it
	case tar.TypeSymlink:
		return root.Symlink(entry.Linkname, name)
	case tar.TypeLink:
		return root.Link(relative(entry.Linkname), name)
	case tar.TypeReg:
		return writeFile(root, name, mode, content)
	default:
		return nil
	}
}

// relative is a name of an archive as seen from the root: some archives have "/bin", some "./bin".
func relative(name string) string { return strings.TrimPrefix(filepath.Clean(name), "/") }

func writeFile(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		return errors.Join(err, file.Close())
	}
	return file.Close()
}
