package feed

import (
	"context"
	"time"
)

// How often all runs that have readers are looked at, and how long a look may take.
const (
	pollInterval = time.Second
	pollLimit    = 5 * time.Second
)

// Run looks once a second for events that no hint announced, until the context ends. All runs are asked for at
// once, however many readers they have.
func (f *Feed) Run(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for failing := false; ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		err := f.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failing {
			failing = err != nil
			f.Logger.WarnContext(ctx, "poll for events", "failing", failing, "error", err)
		}
	}
}

func (f *Feed) poll(ctx context.Context) error {
	topics := f.watched()
	if len(topics) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	runs := map[string][]string{}
	for _, t := range topics {
		runs[t.key.workspace] = append(runs[t.key.workspace], t.key.run)
	}
	heads, err := f.Log.Heads(ctx, runs)
	if err != nil {
		return err
	}
	for _, t := range topics {
		head, exists := heads[t.key.run]
		t.found(head, exists)
	}
	return nil
}

func (f *Feed) watched() []*topic {
	f.mu.Lock()
	defer f.mu.Unlock()
	topics := make([]*topic, 0, len(f.topics))
	for _, t := range f.topics {
		topics = append(topics, t)
	}
	return topics
}
