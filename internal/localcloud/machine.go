package localcloud

import (
	"path/filepath"

	"github.com/agentteam/agentteam/internal/fargate"
	"github.com/agentteam/agentteam/internal/sandbox"
)

// Where Go and most other programs look for the roots that they trust, and for names.
const (
	rootsPath  = "/etc/ssl/certs/ca-certificates.crt"
	hostsPath  = "/etc/hosts"
	resolvPath = "/etc/resolv.conf"
)

func hostsFile(dir string) string { return filepath.Join(dir, "hosts") }

func rootsFile(dir string) string { return filepath.Join(dir, "roots.pem") }

// Machine is what tasks run on beside the cloud of this folder and state. Every task sees the names and the roots in
// addition to its image, as ECS too gives it name resolution.
func Machine(dir string, s State) fargate.Machine {
	files := []sandbox.File{{Source: rootsFile(dir), Path: rootsPath}, {Source: hostsFile(dir), Path: hostsPath}}
	if resolver, err := filepath.EvalSymlinks(resolvPath); err == nil { // else there is no DNS to ask
		files = append(files, sandbox.File{Source: resolver, Path: resolvPath})
	}
	return fargate.Machine{Dir: dir, Registry: s.Registry, Files: files}
}
