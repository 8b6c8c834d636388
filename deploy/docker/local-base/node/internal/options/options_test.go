// SPDX-License-Identifier: Apache-2.0

package options

import (
	"slices"
	"testing"
)

func TestBothFormsOfAFlagAreRead(t *testing.T) {
	o := Parse([]string{"--node-name=a", "--tls-san", "x,y", "--tls-san=z", "--kubelet-arg=fail-cgroupv1=false"})
	if o.NodeName != "a" || !slices.Equal(o.TLSSANs, []string{"x", "y", "z"}) {
		t.Errorf("got %+v", o)
	}
	if !slices.Equal(o.KubeletArgs, []string{"--fail-cgroupv1=false"}) {
		t.Errorf("kubelet arguments: %q", o.KubeletArgs)
	}
}

func TestAnUnknownFlagIsNotedAndTakesNoFlagAsItsValue(t *testing.T) {
	o := Parse([]string{"--disable-network-policy", "--disable=traefik,servicelb", "--flannel-backend", "none"})
	if !slices.Equal(o.Ignored, []string{"--disable-network-policy", "--flannel-backend"}) {
		t.Errorf("ignored: %q", o.Ignored)
	}
	if !o.Disabled("traefik") || !o.Disabled("servicelb") || o.Disabled("coredns") {
		t.Errorf("disabled: %q", o.Disable)
	}
}

func TestFsyncIsSkippedOnlyWhenAskedFor(t *testing.T) {
	for value, want := range map[string]bool{"": false, "false": false, "1": false, "true": true} {
		t.Setenv("OPENSHELL_UNSAFE_NO_FSYNC", value)
		if got := Parse(nil).NoFsync; got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
