// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// How long the parts may take to end; docker kills everything after 10 s. The
// API server would wait a minute for its watchers, so it is not waited for long:
// what it has accepted is in etcd, which ends after it and is given its time.
const (
	partGrace  = 1500 * time.Millisecond
	storeGrace = 4 * time.Second
	store      = "etcd"
)

// children are the node's parts: each a process with a log file of its own,
// started again when it ends by itself.
type children struct {
	mu       sync.Mutex
	stopping bool
	running  map[string]*os.Process
}

// start runs bin under the name of the part and keeps it running.
func (c *children) start(name, bin string, env []string, args ...string) error {
	out, err := openLog(name)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.running == nil {
		c.running = map[string]*os.Process{}
	}
	c.mu.Unlock()
	go func() {
		defer out.Close()
		c.keep(name, out, func() *exec.Cmd {
			cmd := exec.Command(bin, args...)
			cmd.Args[0] = name
			cmd.Env = append(os.Environ(), env...)
			cmd.Stdout, cmd.Stderr = out, out
			return cmd
		})
	}()
	return nil
}

func (c *children) keep(name string, out *os.File, command func() *exec.Cmd) {
	for {
		cmd := command()
		c.mu.Lock()
		if c.stopping {
			c.mu.Unlock()
			return
		}
		err := cmd.Start()
		if err == nil {
			c.running[name] = cmd.Process
		}
		c.mu.Unlock()
		if err == nil {
			err = cmd.Wait()
		}
		c.mu.Lock()
		delete(c.running, name)
		stopping := c.stopping
		c.mu.Unlock()
		if stopping {
			return
		}
		log.Printf("%s ended (%v), see %s; starting it again", name, err, out.Name())
		time.Sleep(time.Second)
	}
}

// stop ends the parts, the store last.
func (c *children) stop() {
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	isStore := func(name string) bool { return name == store }
	others := func(name string) bool { return name != store }
	c.signal(syscall.SIGTERM, others)
	if !c.ended(partGrace, others) {
		c.signal(syscall.SIGKILL, others)
	}
	c.signal(syscall.SIGTERM, isStore)
	if !c.ended(storeGrace, isStore) {
		log.Printf("%s did not end in time", store)
	}
}

func (c *children) signal(s syscall.Signal, which func(string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, process := range c.running {
		if which(name) {
			_ = process.Signal(s)
		}
	}
}

// ended waits until none of those parts runs any more.
func (c *children) ended(grace time.Duration, which func(string) bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return waitFor(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for name := range c.running {
			if which(name) {
				return false
			}
		}
		return true
	})
}

// openLog makes a part's log file and keeps the one of the run before: what
// ended a node is most often wanted after it was started again.
func openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(logDir, 0o755); err != nil {
		return nil, err
	}
	path := fmt.Sprintf("%s/%s.log", logDir, name)
	if err := os.Rename(path, path+".1"); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}
