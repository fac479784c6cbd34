package main

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const stepsPerWorkflow = 5

// floorSteps commits a row per step and does nothing else: what anything that remembers every step must spend.
func floorSteps(ctx context.Context, pool *pgxpool.Pool, o options) (perSecond float64, err error) {
	const table = `CREATE TABLE IF NOT EXISTS bench_floor (workflow text, step int, output text, PRIMARY KEY (workflow, step))`
	if _, err := pool.Exec(ctx, table); err != nil {
		return 0, err
	}
	if _, err := pool.Exec(ctx, `TRUNCATE bench_floor`); err != nil {
		return 0, err
	}
	began := time.Now()
	err = parallel(ctx, o.workflows, o.concurrency, func(ctx context.Context, i int) error {
		for step := range stepsPerWorkflow {
			if _, err := pool.Exec(ctx, `INSERT INTO bench_floor VALUES ($1, $2, $3)`, strconv.Itoa(i), step, "1"); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(o.workflows*stepsPerWorkflow) / time.Since(began).Seconds(), err
}
