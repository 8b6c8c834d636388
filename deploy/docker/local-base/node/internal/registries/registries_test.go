// SPDX-License-Identifier: Apache-2.0

package registries

import (
	"strings"
	"testing"
)

func files(t *testing.T, text string) map[string]string {
	t.Helper()
	c, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.HostsFiles()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAMirrorComesBeforeTheRegistryItself(t *testing.T) {
	got := files(t, "mirrors:\n  \"reg.example:5000\":\n    endpoint: [\"http://10.0.0.1:5000\"]\n")["reg.example_5000_"]
	mirror := strings.Index(got, `[host."http://10.0.0.1:5000/v2"]`)
	own := strings.Index(got, `[host."https://reg.example:5000/v2"]`)
	if mirror < 0 || own < mirror || !strings.Contains(got, `server = "https://reg.example:5000/v2"`) {
		t.Errorf("got:\n%s", got)
	}
	if strings.Contains(got, "override_path") {
		t.Errorf("an endpoint without a path needs no override:\n%s", got)
	}
}

func TestAnEndpointWithAPathOverridesIt(t *testing.T) {
	got := files(t, "mirrors:\n  docker.io:\n    endpoint: [\"https://m.example/proxy/\"]\n")["docker.io"]
	if !strings.Contains(got, `[host."https://m.example/proxy/v2"]`) || !strings.Contains(got, "override_path = true") {
		t.Errorf("got:\n%s", got)
	}
}

func TestTheStarIsTheDefault(t *testing.T) {
	got := files(t, "mirrors:\n  \"*\":\n    endpoint: [\"https://m.example\"]\n")["_default"]
	if strings.Contains(got, "server =") || !strings.Contains(got, "m.example") {
		t.Errorf("got:\n%s", got)
	}
}

func TestTLSSettingsFollowTheEndpointsHost(t *testing.T) {
	got := files(t, `
configs:
  "r.example":
    tls: {ca_file: /ca.pem, cert_file: /c.pem, key_file: /k.pem, insecure_skip_verify: true}
`)["r.example"]
	for _, want := range []string{`ca = ["/ca.pem"]`, `client = [["/c.pem", "/k.pem"]]`, "skip_verify = true"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in:\n%s", want, got)
		}
	}
}

func TestCredentialsAreQuoted(t *testing.T) {
	c, err := Parse([]byte("configs:\n  \"r:5000\":\n    auth: {username: u, password: 'a\"b\\c'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := c.AuthSections()
	if !strings.Contains(got, `registry.configs."r:5000".auth]`) || !strings.Contains(got, `password = "a\"b\\c"`) {
		t.Errorf("got:\n%s", got)
	}
}

func TestAnEndpointWithoutAHostIsRefused(t *testing.T) {
	c := &Config{Mirrors: map[string]Mirror{"a": {Endpoints: []string{"http://"}}}}
	if _, err := c.HostsFiles(); err == nil {
		t.Error("accepted")
	}
}
