#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The layers of src/ (docs/architecture.md): which folder may include which, and what only one place may do.

set -eu

SRC=${SRC:-${srcdir:-.}/src}
rc=0

complain() {
	echo "check-layers: $1" >&2
	rc=1
}

# may LAYER ALLOWED...: every include of ours in LAYER is of an allowed one
may() {
	layer=$1
	shift
	allowed=$(printf '%s\n' "$@" | paste -sd'|' -)
	bad=$(grep -HEn '^#include "' "$SRC/$layer"/*.[ch] | grep -Ev "#include \"($allowed)/" || true)
	[ -z "$bad" ] || complain "$layer may include only $* : $bad"
}

# only PATTERN FILES-REGEX WHAT: PATTERN occurs in no other source file
only() {
	bad=$(grep -REn --include='*.c' -- "$1" "$SRC" | grep -Ev "^$SRC/($2):" || true)
	[ -z "$bad" ] || complain "$3: $bad"
}

main() {
	may base base
	may tools base tools
	may store base store
	may gateway base tools store gateway
	may cli base tools store gateway cli
	bad=$(grep -En '^#include ".*/' "$SRC"/sandbox/*.[ch] || true)
	[ -z "$bad" ] || complain "sandbox stands alone: $bad"
	bad=$(grep -En '^#include "' "$SRC/main.c" | grep -Ev '"(cli|base)/' || true)
	[ -z "$bad" ] || complain "main.c may include only cli and base: $bad"

	only '(^|[^a-z_])v?fork\(' 'base/spawn\.c|sandbox/[a-z]*\.c' 'only base/spawn.c forks'
	only '(^|[^a-z_])getenv\(' 'gateway/settings\.c|base/spawn\.c|sandbox/[a-z]*\.c' 'only gateway/settings.c reads the environment'
	only '(^|[^a-z_])(printf|puts|fputs|fprintf|vfprintf)\(' 'cli/[a-z_]*\.c|base/log\.c|sandbox/[a-z]*\.c' 'only cli prints'
	only '(^|[^a-z_])(sleep|usleep|nanosleep|clock_gettime|time)\(' 'base/clock\.c|sandbox/[a-z]*\.c' 'only base/clock.c knows the time'
	only '(^|[^a-z_])(exit|abort|errx?)\(' 'base/base\.c|main\.c|sandbox/[a-z]*\.c' 'only main ends the process'
	exit "$rc"
}

main "$@"
