# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Building and running the libFuzzer targets of tests/fuzz. Sourced after tap.sh and build.sh; functions only.
#
#   fuzz_targets                names without "fuzz_"
#   fuzz_build                  the program and all targets, with clang and the sanitizers, in $BUILD/fuzz
#   fuzz_run TARGET SECONDS [OPTION]...   one target; the log is $FUZZ_LOGS/fuzz_TARGET.log, and the input of a finding
#                               is kept beside it
#   fuzz_figures TARGET         a line on what the last run did

FUZZ_LOGS=${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}/logs

fuzz_targets() {
	for source in "$REPO"/tests/fuzz/fuzz_*.c; do
		basename "$source" .c | sed 's/^fuzz_//'
	done
}

# Only the targets are linked with libFuzzer, which brings a main of its own.
fuzz_build() {
	configure_variant fuzz CC=clang --enable-sanitize CFLAGS='-O1 -g -fsanitize=fuzzer-no-link'
	make -C "$BUILD/fuzz" -j"$JOBS" libopenshell.a
	# shellcheck disable=SC2046 # a list of names
	make -C "$BUILD/fuzz" -j"$JOBS" LDFLAGS=-fsanitize=fuzzer $(fuzz_targets | sed 's|^|tests/fuzz/fuzz_|')
}

# What real programs print and what the tests use, beside the seeds that are made by hand.
fuzz_seed_recorded() {
	data=$REPO/tests/data
	case $1 in
	inspect) cp "$data"/docker-*.json "$2" ;;
	tree)
		for file in "$data"/docker-*.json; do
			{ echo 'State/Health/Log/0/Output'; head -n 1 "$file"; } >"$2/$(basename "$file")"
		done
		;;
	kubectl)
		for part in ca.crt tls.crt tls.key; do
			base64 -w0 "$data/fake-cluster/$part"
			echo
		done >"$2/fake-cluster"
		;;
	ssh) cp "$data"/openssh-*.txt "$2" ;;
	pem)
		for file in "$data"/certificates/*.crt; do
			cp "$file" "$2"
			sed '/^-----/d' "$file" | base64 -d >"$2/$(basename "$file" .crt).der"
		done
		;;
	esac
}

fuzz_seed() {
	mkdir -p "$2"
	[ ! -d "$REPO/tests/fuzz/corpus/$1" ] || cp "$REPO/tests/fuzz/corpus/$1"/* "$2"
	fuzz_seed_recorded "$1" "$2"
}

fuzz_run() {
	target=$1
	seconds=$2
	shift 2
	corpus=${FUZZ_CORPUS:-$TEST_TMP/corpus}/$target
	seeds=$TEST_TMP/seeds-$target
	mkdir -p "$FUZZ_LOGS" "$corpus"
	fuzz_seed "$target" "$seeds"
	TMPDIR=$TEST_TMP "$BUILD/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 -dict="$REPO/tests/fuzz/dict/$target.dict" \
		-artifact_prefix="$FUZZ_LOGS/fuzz_$target-" "$@" "$corpus" "$seeds" >"$FUZZ_LOGS/fuzz_$target.log" 2>&1 || {
		grep -E 'broken rule|ERROR: |runtime error|Test unit written' "$FUZZ_LOGS/fuzz_$target.log"
		return 1
	}
}

fuzz_figures() {
	awk -v target="$1" '
		/^#[0-9]+.* cov: / {
			for (i = 1; i < NF; i++) {
				if ($i == "cov:") cov = $(i + 1)
				if ($i == "ft:") ft = $(i + 1)
			}
		}
		/^stat::number_of_executed_units:/ { runs = $2 }
		/^stat::peak_rss_mb:/ { rss = $2 }
		END { printf "#   %s: %d executions, %d edges, %d features, %d MB\n", target, runs, cov, ft, rss }
	' "$FUZZ_LOGS/fuzz_$1.log"
}
