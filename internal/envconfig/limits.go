package envconfig

import (
	"fmt"
	"strconv"

	"github.com/agentteam/agentteam/contract"
)

// Connections is the most that a pool opens; 0 leaves it to the service.
type Connections int

// UnmarshalText accepts a decimal number within the contract's bounds.
func (c *Connections) UnmarshalText(text []byte) error {
	number, err := strconv.Atoi(string(text))
	if err != nil || number < contract.LeastConnections || number > contract.MostConnections {
		return fmt.Errorf("must be a number from %d to %d, got %q", contract.LeastConnections, contract.MostConnections, text)
	}
	*c = Connections(number)
	return nil
}

// PerMinute is how often something may happen in a minute; its zero value is no limit.
type PerMinute int

// PerSecond is a rate; 0 leaves it to the service.
type PerSecond int

// UnmarshalText accepts a decimal number from 1 to 100000.
func (p *PerSecond) UnmarshalText(text []byte) error {
	return (*PerMinute)(p).UnmarshalText(text)
}

// UnmarshalText accepts a decimal number from 1 to 100000.
func (p *PerMinute) UnmarshalText(text []byte) error {
	number, err := strconv.Atoi(string(text))
	if err != nil || number < 1 || number > 100_000 {
		return fmt.Errorf("must be a number from 1 to 100000, got %q", text)
	}
	*p = PerMinute(number)
	return nil
}
