package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

const (
	terraformMinimum = "1.11.0" // write-only arguments and the S3 lock file
	terraformPinned  = "1.11.4"
)

// Terraform returns the terraform on the PATH, which must be new enough, or installs one when there is none.
// The download's checksum and HashiCorp's signature are verified.
func (t Tools) Terraform(ctx context.Context) (string, error) {
	path, err := exec.LookPath("terraform")
	if errors.Is(err, exec.ErrNotFound) {
		return t.installTerraform(ctx)
	}
	if err != nil {
		return "", err
	}
	return path, checkTerraform(ctx, path)
}

// checkTerraform refuses an old version instead of replacing it: whoever put it first on the PATH chose it.
func checkTerraform(ctx context.Context, path string) error {
	found, err := product.Terraform.GetVersion(ctx, path)
	if err != nil {
		return fmt.Errorf("%s does not print its version: %w", path, err)
	}
	if found.LessThan(version.Must(version.NewVersion(terraformMinimum))) {
		return fmt.Errorf("terraform is %s (%s), and %s or later is needed: upgrade it, or take it off the PATH to have %s installed",
			found, path, terraformMinimum, terraformPinned)
	}
	return nil
}

func (t Tools) installTerraform(ctx context.Context) (string, error) {
	place, err := t.install("terraform-"+terraformPinned, func(dir string) error {
		release := releases.ExactVersion{
			Product:    product.Terraform,
			Version:    version.Must(version.NewVersion(terraformPinned)),
			InstallDir: dir,
		}
		_, err := release.Install(ctx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("terraform is not on the PATH and could not be installed: %w; install terraform %s or later by hand", err, terraformMinimum)
	}
	return filepath.Join(place, product.Terraform.BinaryName()), nil
}
