package service

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogRedis sends what the Redis client has to say to the service's log. By itself it writes plain lines to the standard
// error, several for each attempt to reach a Redis that is away, which its callers report in their own words.
func LogRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf is the one method that the client asks for.
func (l redisLog) Printf(ctx context.Context, format string, arguments ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, fmt.Sprintf(format, arguments...), "part", "redis")
	}
}
