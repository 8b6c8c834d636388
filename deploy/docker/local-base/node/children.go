// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long the parts may take to end; docker kills after 10 s.
const stopGrace = 4 * time.Second

// children are the node's parts: each a process with a log file of its own,
// started again when it ends by itself.
type children struct {
	mu       sync.Mutex
	stopping bool
	running  map[string]*os.Process
	order    []string
	wg       sync.WaitGroup
}

// start runs bin under the name of the part and keeps it running.
func (c *children) start(name, bin string, env []string, args ...string) error {
	log, err := openLog(name)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.running == nil {
		c.running = map[string]*os.Process{}
	}
	c.order = append(c.order, name)
	c.mu.Unlock()
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		defer log.Close()
		c.keep(name, log, func() *exec.Cmd {
			cmd := exec.Command(bin, args...)
			cmd.Args[0] = name
			cmd.Env = append(os.Environ(), env...)
			cmd.Stdout, cmd.Stderr = log, log
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

// stop ends the parts, the last started first, and waits for them.
func (c *children) stop() {
	c.mu.Lock()
	c.stopping = true
	for i := len(c.order) - 1; i >= 0; i-- {
		if p := c.running[c.order[i]]; p != nil {
			_ = p.Signal(syscall.SIGTERM)
		}
	}
	c.mu.Unlock()
	ended := make(chan struct{})
	go func() { c.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(stopGrace):
		log.Print("some parts did not end in time")
	}
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
