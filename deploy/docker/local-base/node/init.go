// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// childMark tells the re-executed server that process 1 is already there.
const childMark = "OPENSHELL_NODE_CHILD"

// server runs the node. Process 1 of a container inherits every orphan of every
// pod and must reap them, but a Go program cannot wait for any child and for
// its own commands at once; so process 1 only reaps and passes signals on, and
// a second copy of the program is the node.
func server() int {
	if os.Getpid() != 1 || os.Getenv(childMark) != "" {
		return serve(os.Args[1:])
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args = append([]string{"server"}, os.Args[1:]...)
	cmd.Env = append(os.Environ(), childMark+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	if err := cmd.Start(); err != nil {
		log.Print(err)
		return 1
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	return reap(cmd.Process.Pid)
}

// reap waits for children until the one with the given pid has ended.
func reap(pid int) int {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			log.Printf("wait: %v", err)
			return 1
		case got == pid && status.Signaled():
			return 128 + int(status.Signal())
		case got == pid:
			return status.ExitStatus()
		}
	}
}
