// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
)

func authority(t *testing.T, dir string) *Authority {
	t.Helper()
	a, err := LoadOrMake(dir, "server-ca")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnAuthorityIsKept(t *testing.T) {
	dir := t.TempDir()
	if first, second := authority(t, dir), authority(t, dir); !bytes.Equal(first.PEM, second.PEM) {
		t.Error("the second start made another authority")
	}
}

func TestADamagedAuthorityIsAnError(t *testing.T) {
	for _, file := range []string{"server-ca.crt", "server-ca.key"} {
		for _, text := range []string{"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
			dir := t.TempDir()
			authority(t, dir)
			if err := os.WriteFile(dir+"/"+file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadOrMake(dir, "server-ca"); err == nil {
				t.Errorf("%s holding %q was accepted", file, text)
			}
		}
	}
}

func TestAnotherAuthoritysKeyIsAnError(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	authority(t, dir)
	authority(t, other)
	if err := os.Rename(other+"/server-ca.key", dir+"/server-ca.key"); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrMake(dir, "server-ca"); err == nil {
		t.Error("accepted")
	}
}

func TestAServersCertificateHoldsForItsNames(t *testing.T) {
	a := authority(t, t.TempDir())
	pair, err := a.Issue("kube-apiserver", nil, []string{"localhost", "127.0.0.1", "localhost", ""})
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(pair.Cert)
	if !bytes.Equal(rest, a.PEM) {
		t.Error("the authority's certificate does not follow")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM)
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if _, err := cert.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			t.Error(err)
		}
	}
}
