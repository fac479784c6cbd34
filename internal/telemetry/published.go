package telemetry

import (
	"context"
	"log/slog"
	"time"
)

// Publish writes a line that the infrastructure makes metrics of. It is written at every log level: an operator who
// wants a quiet log still wants alarms.
func Publish(ctx context.Context, log *slog.Logger, message string, numbers ...slog.Attr) error {
	record := slog.NewRecord(time.Now(), slog.LevelInfo, message, 0)
	record.AddAttrs(numbers...)
	return log.Handler().Handle(ctx, record)
}

// TakeSpend gives the number of calls to models that have ended since it was last taken, and their price in millionths of
// a US dollar.
func (e *Engine) TakeSpend() (calls, microUSD int64) {
	if e == nil {
		return 0, 0
	}
	return e.modelCalls.Swap(0), e.modelCost.Swap(0)
}
