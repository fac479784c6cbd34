package model

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// line is this process's access to one provider: what one call learns about its limits holds for all.
type line struct {
	account Account
	limiter *rate.Limiter

	mutex sync.Mutex
	until time.Time // nobody asks before
}

func newLine(account Account) *line {
	l := &line{account: account, limiter: rate.NewLimiter(rate.Inf, 1)}
	if perMinute := account.RequestsPerMinute; perMinute > 0 {
		l.limiter = rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/60))
	}
	return l
}

// hold makes all calls pause, as the provider asked one of them to.
func (l *line) hold(pause time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if until := time.Now().Add(min(pause, maxPause)); until.After(l.until) {
		l.until = until
	}
}

func (l *line) complete(ctx context.Context, r Request, onDelta func(string)) (Response, *Error) {
	if err := l.turn(ctx); err != nil {
		return Response{}, err
	}
	response, err := l.account.Provider.Complete(ctx, r, onDelta)
	if err == nil {
		return response, nil
	}
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		fault = &Error{Code: node.CodeInternal, Message: "the call failed for an unknown reason"}
	}
	if key := l.account.Key; key != "" {
		fault.Message = strings.ReplaceAll(fault.Message, key, "[redacted]")
	}
	return Response{}, fault
}

// turn waits until a request may be sent.
func (l *line) turn(ctx context.Context) *Error {
	for {
		l.mutex.Lock()
		left := time.Until(l.until)
		l.mutex.Unlock()
		if left <= 0 {
			break
		}
		if !sleep(ctx, left) {
			return waited()
		}
	}
	if l.limiter.Wait(ctx) != nil {
		return waited()
	}
	return nil
}

func waited() *Error {
	return &Error{Code: node.CodeRateLimited, Message: "the time for the call was over while it waited for its turn: the limit of requests to the provider is reached"}
}
