# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Messages, steps and compilers for the scripts of deploy/. Only functions; sourced after packages.sh. OFFLINE=true says
# that the network must not be touched.

NAME=${0##*/}
NAME=${NAME%.sh}
WORK=
: "${OFFLINE:=false}"

say() {
	printf '%s: %s\n' "$NAME" "$*" >&2
}

fail() {
	say "$*"
	exit 1
}

# step WHAT COMMAND...: runs it and says in one line how long it took; its output is shown only when it fails.
# The command may be a function: it runs in a subshell under set -e.
step() {
	step_what=$1
	shift
	step_start=$(date +%s)
	step_log=$(mktemp "${WORK:-${TMPDIR:-/tmp}}/$NAME.XXXXXX")
	set +e
	(
		set -e
		"$@"
	) >"$step_log" 2>&1 </dev/null
	step_status=$?
	set -e
	if [ "$step_status" -ne 0 ]; then
		tail -n 40 "$step_log" >&2
		rm -f "$step_log"
		fail "$step_what: failed after $(($(date +%s) - step_start)) s"
	fi
	rm -f "$step_log"
	say "$step_what: $(($(date +%s) - step_start)) s"
}

# need NEEDS: lines as packages.sh has them. Installs what is missing where it may, else names it all at once.
need() {
	need_missing=$(printf '%s\n' "$1" | missing_packages | tr '\n' ' ')
	[ -n "$need_missing" ] || return 0
	if [ "$OFFLINE" = true ] || ! can_install_packages; then
		fail "missing packages: $need_missing"
	fi
	# shellcheck disable=SC2086 # a list of package names
	step "installing $need_missing" install_packages $need_missing
}

# The machine's architecture, as images and Debian name it.
machine_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) fail "neither amd64 nor arm64: $(uname -m)" ;;
	esac
}

# The C compiler for an architecture.
compiler_for() {
	if [ "$1" = "$(machine_arch)" ]; then
		echo "${CC:-cc}"
	else
		case $1 in
		amd64) echo x86_64-linux-gnu-gcc ;;
		arm64) echo aarch64-linux-gnu-gcc ;;
		*) fail "unknown architecture: $1" ;;
		esac
	fi
}

# compile_static ARCH OUT SOURCE...: a static program, put in place as a whole.
compile_static() {
	compile_cc=$(compiler_for "$1")
	compile_out=$2
	shift 2
	command -v "$compile_cc" >/dev/null 2>&1 || fail "no compiler: $compile_cc"
	"$compile_cc" -std=gnu11 -D_GNU_SOURCE -Os -Wall -Wextra -ffunction-sections -fdata-sections \
		-fstack-protector-strong -static -s -Wl,--gc-sections -Wl,--build-id=none -o "$compile_out.new" "$@"
	mv -f "$compile_out.new" "$compile_out"
}
