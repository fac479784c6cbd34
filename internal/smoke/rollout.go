package smoke

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A rollout replaces tasks one by one, and a balancer sends requests to old and new ones: so many answers in a row are
// believed.
const (
	inARow    = 5
	lookAgain = time.Second
)

// rollout waits, within the limit of the whole, until both services are of the wanted version. Meanwhile anything may fail.
func (t *trial) rollout(ctx context.Context) (string, error) {
	began := time.Now()
	for seen := 0; ; {
		gateway, engine, err := t.askVersions(ctx)
		seen++
		if err != nil || gateway != t.Version || engine != t.Version {
			seen = 0
		}
		if seen == inARow {
			return fmt.Sprintf("%d answers in a row are of %s, after %s", inARow, t.Version, time.Since(began).Round(time.Second)), nil
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(fmt.Errorf("%s is wanted; the gateway is %q, the engine %q", t.Version, gateway, engine), err)
		case <-time.After(lookAgain):
		}
	}
}
