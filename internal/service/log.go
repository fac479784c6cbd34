package service

import (
	"io"
	"log/slog"

	"github.com/agentteam/agentteam/internal/buildinfo"
)

// NewLog is a service's log: JSON lines that name the service and its build.
func NewLog(w io.Writer, service string, options *slog.HandlerOptions) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, options)).With("service", service, "version", buildinfo.Version())
}
