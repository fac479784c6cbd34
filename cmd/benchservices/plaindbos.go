package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5/pgxpool"
)

// plainDBOS runs the same workflows as plain DBOS functions, in this process.
type plainDBOS struct{ context dbos.Context }

// plainInput is one workflow; with a URL each step asks it, without one it does nothing.
type plainInput struct{ URL string }

func newPlainDBOS(ctx context.Context, pool *pgxpool.Pool) (*plainDBOS, error) {
	dctx, err := dbos.NewContext(ctx, dbos.Config{
		AppName: "bench", SystemDBPool: pool, DatabaseSchema: "bench_dbos", ApplicationVersion: "1",
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	dbos.RegisterWorkflow(dctx, fiveSteps)
	return &plainDBOS{dctx}, dbos.Launch(dctx)
}

func (p *plainDBOS) close() error { return dbos.Shutdown(p.context, 10*time.Second) }

// steps starts the workflows, waits for all, and gives the steps per second.
func (p *plainDBOS) steps(ctx context.Context, o options, url string) (perSecond float64, err error) {
	began := time.Now()
	err = parallel(ctx, o.workflows, o.concurrency, func(_ context.Context, _ int) error {
		handle, err := dbos.RunWorkflow(p.context, fiveSteps, plainInput{url})
		if err != nil {
			return err
		}
		_, err = handle.GetResult()
		return err
	})
	return float64(o.workflows*stepsPerWorkflow) / time.Since(began).Seconds(), err
}

func fiveSteps(ctx dbos.Context, in plainInput) (int, error) {
	sum := 0
	for range stepsPerWorkflow {
		n, err := dbos.RunAsStep(ctx, func(ctx context.Context) (int, error) {
			if in.URL == "" {
				return 1, nil
			}
			return get(ctx, in.URL)
		})
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s answered %s", url, response.Status)
	}
	read, err := io.Copy(io.Discard, response.Body)
	return int(read), err
}
