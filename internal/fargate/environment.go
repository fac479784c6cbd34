package fargate

import (
	"fmt"
	"net/netip"
)

// anywhere is how a server says that it listens on every address of its task.
const anywhere = "0.0.0.0"

// environment is what a task at an address starts with: what the image says, then exactly what the task definition does.
// One rule translates it: a whole value of 0.0.0.0 is the task's own address, since tasks share this machine's network.
func environment(of Container, image []string, secrets map[string]string, address netip.Addr) ([]string, error) {
	environ := append([]string{}, image...)
	for _, v := range of.Environment {
		value := v.Value
		if value == anywhere && address.IsValid() {
			value = address.String()
		}
		environ = append(environ, v.Name+"="+value)
	}
	for _, s := range of.Secrets {
		value, found := secrets[s.Name]
		if !found {
			return nil, fmt.Errorf("secret %s has no value at %s", s.Name, s.ValueFrom)
		}
		environ = append(environ, s.Name+"="+value)
	}
	return environ, nil
}
