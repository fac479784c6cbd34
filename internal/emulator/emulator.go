// Package emulator runs a local AWS API: moto's server with the patches of this folder. Terraform and the AWS
// provider talk to it exactly as they talk to AWS, so a whole environment is applied without an account.
package emulator

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/agentteam/agentteam/internal/process"
)

const (
	host = "127.0.0.1" // an IP address, not a name: only then do S3 clients put the bucket in the path
	// startLimit covers a cold disk on a busy two-core machine; a warm start takes three seconds.
	startLimit = 90 * time.Second
	stopGrace  = 5 * time.Second
)

// Config says how to run an emulator.
type Config struct {
	Python string // an interpreter that has moto, see toolchain.Python
	Dir    string // receives the patches, the log and, detached, the state; created when missing
	Port   int    // on 127.0.0.1; 0 takes a free one
}

// Emulator is a running AWS API. Everything it holds is in its memory and ends with it.
type Emulator struct {
	Port int
	PID  int    // also its process group
	Log  string // what the server printed

	lifeline io.Closer     // closing it ends the server; nil when detached
	exited   chan struct{} // closed when the server's process has ended
}

// Start runs an emulator that ends with Stop, and with this process however that ends: the kind tests want.
func Start(ctx context.Context, c Config) (*Emulator, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	e, err := launch(ctx, c, read, "--end-with-parent")
	if err != nil {
		write.Close()
		return nil, err
	}
	e.lifeline = write
	return e, nil
}

// URL is the endpoint of every AWS service.
func (e *Emulator) URL() string { return url(e.Port) }

// Stop ends the server and waits until it is gone.
func (e *Emulator) Stop() error {
	if e.lifeline != nil {
		e.lifeline.Close()
	}
	return process.Stop(e.PID, stopGrace)
}

// launch starts the server and waits until it answers. When it does not, nothing is left running.
func launch(ctx context.Context, c Config, stdin *os.File, args ...string) (*Emulator, error) {
	port, err := reservePort(ctx, c.Port)
	if err != nil {
		return nil, err
	}
	patches, err := writePatches(c.Dir)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(c.Dir, "emulator.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	//nolint:noctx // ctx bounds the start; the server runs until Stop
	cmd := exec.Command(c.Python, append([]string{patches, "-H", host, "-p", strconv.Itoa(port)}, args...)...)
	cmd.Env = append(os.Environ(), serverEnv()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a group of its own that outlives the terminal
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the AWS emulator: %w", err)
	}
	e := &Emulator{Port: port, PID: cmd.Process.Pid, Log: log.Name(), exited: make(chan struct{})}
	go func() {
		defer close(e.exited)
		_ = cmd.Wait() // the log says why; waiting reaps the process
	}()
	if err := e.waitReady(ctx); err != nil {
		_ = e.Stop()
		return nil, err
	}
	return e, nil
}

func url(port int) string { return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) }
