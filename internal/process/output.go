package process

import (
	"bytes"
	"sync"
)

// Output keeps what a program says, for reading while it still writes: on both its streams, if both are given the same one.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *Output) Write(part []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(part)
}

// String is everything so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
