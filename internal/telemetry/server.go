package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// MetricsPath is where a process serves its metrics.
const MetricsPath = "/metrics"

// Serve answers MetricsPath on an address of its own, METRICS_ADDRESS, until the context ends. It is for a service whose
// port speaks something else than HTTP.
func (t *Telemetry) Serve(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("cannot serve metrics on %s: %w; free the address or choose another in METRICS_ADDRESS", address, err)
	}
	t.log.InfoContext(ctx, "serving metrics", "metrics_address", listener.Addr().String())
	mux := http.NewServeMux()
	mux.Handle("GET "+MetricsPath, t.MetricsHandler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(t.log.Handler(), slog.LevelWarn)}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// errorLog passes what the Prometheus library complains about to our log.
type errorLog struct{ log *slog.Logger }

// Println is the one method that promhttp asks for.
func (l errorLog) Println(parts ...any) {
	l.log.Warn("a metric could not be collected", "error", fmt.Sprint(parts...))
}
