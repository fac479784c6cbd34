// Command probe says what a program in the sandbox sees. It is alone in its root, without a shell.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	switch os.Args[1] {
	case "user":
		fmt.Println(os.Getuid(), os.Getgid(), os.Getpid())
	case "env":
		for _, variable := range os.Environ() {
			fmt.Println(variable)
		}
	case "list":
		list(os.Args[2])
	case "read":
		content, err := os.ReadFile(os.Args[2])
		fmt.Print(string(content))
		check(err)
	case "write":
		check(os.WriteFile(os.Args[2], []byte("written"), 0o644))
	case "exit":
		os.Exit(7)
	case "allocate":
		allocate()
	case "orphan": // starts a program that outlives it, unless the sandbox ends with it
		check(exec.Command("/probe", "wait").Start())
	case "wait":
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		fmt.Println("ready")
		<-terms
		fmt.Println("drained")
	case "deaf":
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
}

func list(dir string) {
	entries, err := os.ReadDir(dir)
	check(err)
	for _, entry := range entries {
		fmt.Println(entry.Name())
	}
}

// allocate takes and uses 512 MB, a megabyte at a time.
func allocate() {
	var held [][]byte
	for range 512 {
		page := make([]byte, 1<<20)
		for i := range page {
			page[i] = 1
		}
		held = append(held, page)
	}
	fmt.Println("allocated", len(held))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
