package service

import (
	"io"
	"log/slog"

	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// NewLog is a service's log: JSON lines that name the service and its build, and what the context knows: request, run, trace.
func NewLog(w io.Writer, service string, options *slog.HandlerOptions) *slog.Logger {
	return slog.New(telemetry.NewLogHandler(slog.NewJSONHandler(w, options))).With("service", service, "version", buildinfo.Version())
}
