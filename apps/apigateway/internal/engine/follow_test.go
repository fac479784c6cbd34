package engine

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// collect follows a run to its end and gives the numbers of its events.
func collect(t *testing.T, client *Client, after int64) (seqs []int64, err error) {
	t.Helper()
	err = client.Follow(t.Context(), "run_1", after, func(events []*workflowv1.RunEvent) error {
		for _, e := range events {
			seqs = append(seqs, e.GetSeq())
		}
		return nil
	})
	return seqs, err
}

func upTo(first, last int64) (seqs []int64) {
	for seq := first; seq <= last; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func TestFollowGoesOnWhereItsTaskDied(t *testing.T) {
	gone := status.Error(codes.Unavailable, "going away")
	for name, stream := range map[string]func(after int64, send func(...int64) error) error{
		"after every third event": func(after int64, send func(...int64) error) error {
			last := min(after+3, 20)
			return errors.Join(send(upTo(after+1, last)...), ended(last == 20, gone))
		},
		"before the first event": func() func(int64, func(...int64) error) error {
			attempts := 0
			return func(after int64, send func(...int64) error) error {
				if attempts++; attempts < 4 {
					return gone
				}
				return send(upTo(after+1, 20)...)
			}
		}(),
		"and the next repeats what was sent": func(after int64, send func(...int64) error) error {
			last := min(after+5, 20)
			return errors.Join(send(upTo(max(1, after-2), last)...), ended(last == 20, gone))
		},
		"and the next leaves a gap at first": func() func(int64, func(...int64) error) error {
			attempts := 0
			return func(after int64, send func(...int64) error) error {
				if attempts++; attempts == 2 {
					return send(upTo(after+2, 20)...)
				}
				last := min(after+8, 20)
				return errors.Join(send(upTo(after+1, last)...), ended(last == 20, gone))
			}
		}(),
		"by a bug": func(after int64, send func(...int64) error) error {
			last := min(after+7, 20)
			return errors.Join(send(upTo(after+1, last)...), ended(last == 20, status.Error(codes.Internal, "internal error")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, &scripted{stream: stream}, "127.0.0.1:0")
			seqs, err := collect(t, connect(t, "dns:///"+address), 4)
			if err != nil || !slices.Equal(seqs, upTo(5, 20)) {
				t.Errorf("got %v, %v", seqs, err)
			}
		})
	}
}

func ended(whole bool, otherwise error) error {
	if whole {
		return nil
	}
	return otherwise
}

func TestFollowOutlivesItsTask(t *testing.T) {
	waiting := make(chan struct{})
	address, kill := serve(t, &scripted{stream: func(_ int64, send func(...int64) error) error {
		err := send(1, 2)
		close(waiting)
		<-t.Context().Done()
		return err
	}}, "127.0.0.1:0")
	go func() {
		<-waiting
		kill()
		serve(t, &scripted{stream: func(after int64, send func(...int64) error) error { return send(upTo(after+1, 5)...) }}, address)
	}()
	client := connect(t, "dns:///"+address)
	client.patience.longest = 20 * time.Second
	if seqs, err := collect(t, client, 0); err != nil || !slices.Equal(seqs, upTo(1, 5)) {
		t.Errorf("got %v, %v", seqs, err)
	}
}

func TestFollowGivesUp(t *testing.T) {
	for code, wantCalls := range map[codes.Code]bool{codes.NotFound: false, codes.PermissionDenied: false, codes.InvalidArgument: false, codes.Unavailable: true} {
		engine := &scripted{stream: func(int64, func(...int64) error) error { return status.Error(code, "no") }}
		address, _ := serve(t, engine, "127.0.0.1:0")
		client := connect(t, "dns:///"+address)
		client.patience.longest = 100 * time.Millisecond
		_, err := collect(t, client, 0)
		if status.Code(err) != code {
			t.Errorf("%s: got %v", code, err)
		}
		if repeated := engine.calls.Load() > 1; repeated != wantCalls {
			t.Errorf("%s: %d attempts", code, engine.calls.Load())
		}
	}
}

func TestFollowEndsWithItsReader(t *testing.T) {
	engine := &scripted{stream: func(_ int64, send func(...int64) error) error { return send(1) }}
	address, _ := serve(t, engine, "127.0.0.1:0")
	gone := errors.New("the reader is gone")
	err := connect(t, "dns:///"+address).Follow(t.Context(), "run_1", 0, func([]*workflowv1.RunEvent) error { return gone })
	if !errors.Is(err, gone) || engine.calls.Load() != 1 {
		t.Errorf("got %v after %d attempts", err, engine.calls.Load())
	}
}
