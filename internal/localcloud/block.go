package localcloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/agentteam/agentteam/internal/devstack"
)

// Places in a block of loopback addresses, which is a VPC in small: 127.77.<block>.<place>.
const (
	blocks        = 250
	servicesPlace = 1 // the sample server, the simulated models
	databasePlace = 2
	cachePlace    = 3
	firstTask     = 10
	lastTask      = 254
)

// block is 254 addresses that no other environment on this machine uses.
type block struct {
	number int
	claim  net.Listener // the sample server's: who has it has the block
}

// claimBlock takes the wanted block, or else the first free one.
func claimBlock(ctx context.Context, wanted int) (block, error) {
	for try := -1; try < blocks; try++ {
		number := try
		if try < 0 {
			number = wanted
		}
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(addressIn(number, servicesPlace).String(), strconv.Itoa(devstack.SamplesPort)))
		if err == nil {
			return block{number, listener}, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return block{}, fmt.Errorf("take loopback addresses: %w; this needs Linux, where all of 127.0.0.0/8 is this machine", err)
		}
	}
	return block{}, fmt.Errorf("all %d blocks of 127.77.0.0/16 are in use: end an environment with make down", blocks)
}

func addressIn(number, place int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 77, byte(number), byte(place)})
}

func (b block) address(place int) netip.Addr { return addressIn(b.number, place) }
