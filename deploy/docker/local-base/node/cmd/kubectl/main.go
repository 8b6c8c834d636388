// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"openshell/node/kubectl"
)

func main() { os.Exit(kubectl.Main()) }
