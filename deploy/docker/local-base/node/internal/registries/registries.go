// SPDX-License-Identifier: Apache-2.0

// Package registries turns k3s' registries.yaml into what containerd reads: one
// hosts.toml for each registry, and the credentials for its config.toml.
package registries

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Mirror lists where the images of one registry are really fetched from.
type Mirror struct {
	Endpoints []string `json:"endpoint"`
}

// Auth is a registry's credentials.
type Auth struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identity_token"`
}

// TLS is how to speak to a registry whose certificate is not publicly signed.
type TLS struct {
	CAFile             string `json:"ca_file"`
	CertFile           string `json:"cert_file"`
	KeyFile            string `json:"key_file"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify"`
}

// Host is one entry under configs.
type Host struct {
	Auth *Auth `json:"auth"`
	TLS  *TLS  `json:"tls"`
}

// Config is registries.yaml.
type Config struct {
	Mirrors map[string]Mirror `json:"mirrors"`
	Configs map[string]Host   `json:"configs"`
}

// Parse reads registries.yaml.
func Parse(text []byte) (*Config, error) {
	c := &Config{}
	if err := yaml.Unmarshal(text, c); err != nil {
		return nil, err
	}
	return c, nil
}

// HostsFiles gives each hosts.toml, keyed by the directory it belongs in.
func (c *Config) HostsFiles() (map[string]string, error) {
	files := map[string]string{}
	names := slices.Collect(maps.Keys(c.Mirrors))
	for name := range c.Configs {
		if _, ok := c.Mirrors[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		text, err := c.hosts(name)
		if err != nil {
			return nil, fmt.Errorf("registry %q: %w", name, err)
		}
		files[directory(name)] = text
	}
	return files, nil
}

// directory is where containerd looks for a registry's file. HOST_PORT_ stands
// for HOST:PORT, which cannot be a directory on every file system.
func directory(name string) string {
	if name == "*" {
		return "_default"
	}
	if host, port, err := net.SplitHostPort(name); err == nil {
		return host + "_" + port + "_"
	}
	return name
}

func (c *Config) hosts(name string) (string, error) {
	var b strings.Builder
	b.WriteString("# from registries.yaml\n")
	switch name {
	case "*":
	case "docker.io":
		b.WriteString("server = \"https://registry-1.docker.io/v2\"\n")
	default:
		fmt.Fprintf(&b, "server = %q\n", "https://"+name+"/v2")
	}
	endpoints := slices.Clone(c.Mirrors[name].Endpoints)
	// The registry itself comes last, listed so that its TLS settings hold.
	if name != "*" && name != "docker.io" {
		endpoints = append(endpoints, name)
	}
	for _, e := range endpoints {
		text, err := c.host(e)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (c *Config) host(endpoint string) (string, error) {
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	if u.Host == "" {
		return "", fmt.Errorf("endpoint %q names no host", endpoint)
	}
	var b strings.Builder
	path := strings.TrimSuffix(u.Path, "/")
	ownPath := path != "" && !strings.HasSuffix(path, "/v2")
	if !strings.HasSuffix(path, "/v2") {
		path += "/v2"
	}
	fmt.Fprintf(&b, "\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", u.Scheme+"://"+u.Host+path)
	if ownPath {
		b.WriteString("  override_path = true\n")
	}
	if t := c.Configs[u.Host].TLS; t != nil {
		if t.CAFile != "" {
			fmt.Fprintf(&b, "  ca = [%q]\n", t.CAFile)
		}
		if t.CertFile != "" {
			fmt.Fprintf(&b, "  client = [[%q, %q]]\n", t.CertFile, t.KeyFile)
		}
		if t.InsecureSkipVerify {
			b.WriteString("  skip_verify = true\n")
		}
	}
	return b.String(), nil
}

// AuthSections gives the credentials as sections of containerd's config.toml;
// hosts.toml has no place for them.
func (c *Config) AuthSections() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Configs)) {
		a := c.Configs[name].Auth
		if a == nil {
			continue
		}
		fmt.Fprintf(&b, "\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.%q.auth]\n", name)
		fmt.Fprintf(&b, "  username = %q\n  password = %q\n  auth = %q\n  identitytoken = %q\n",
			a.Username, a.Password, a.Auth, a.IdentityToken)
	}
	return b.String()
}
