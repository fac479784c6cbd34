package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// confirm returns nil only for the whole word yes. Without anyone to ask it says how to go without asking.
func confirm(cmd *cobra.Command, question string) error {
	fmt.Fprintf(cmd.OutOrStdout(), "\n%s Only yes is accepted: ", question)
	answer := make(chan string, 1)
	failure := make(chan error, 1)
	go func() { // a blocked read must not hold up a Ctrl-C
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil {
			failure <- err
			return
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-cmd.Context().Done():
		return errors.New("interrupted, nothing was changed")
	case err := <-failure:
		if errors.Is(err, io.EOF) {
			return errors.New("nobody answered, nothing was changed: add --auto-approve to go without asking")
		}
		return err
	case line := <-answer:
		if line != "yes" {
			return fmt.Errorf("the answer was %q, not yes: nothing was changed", line)
		}
		return nil
	}
}
