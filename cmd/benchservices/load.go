package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkP99    = regexp.MustCompile(`99%\s+([\d.]+)(us|ms|s)\b`)
	wrkFailed = regexp.MustCompile(`Non-2xx or 3xx responses: \d+|Socket errors: .*`)
)

// load is what a server did under as many requests as 32 connections can ask.
type load struct {
	rate float64 // requests a second
	p99  time.Duration
}

// press runs wrk against a URL.
func press(ctx context.Context, url, key string, seconds int) (load, error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return load{}, missing("wrk", "wrk")
	}
	out, err := exec.CommandContext(ctx, wrk, "-t1", "-c32", fmt.Sprintf("-d%ds", seconds), "--latency",
		"-H", "Authorization: Bearer "+key, url).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("wrk %s: %w\n%s", url, err, out)
	}
	if failed := wrkFailed.Find(out); failed != nil {
		return load{}, fmt.Errorf("wrk %s: %s", url, failed)
	}
	rate, p99 := wrkRate.FindSubmatch(out), wrkP99.FindSubmatch(out)
	if rate == nil || p99 == nil {
		return load{}, fmt.Errorf("wrk %s printed no rate:\n%s", url, out)
	}
	perSecond, err := strconv.ParseFloat(string(rate[1]), 64)
	if err != nil {
		return load{}, err
	}
	slow, err := time.ParseDuration(string(p99[1]) + string(p99[2]))
	return load{perSecond, slow}, err
}
