#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What stderr shows while a command works: plain lines, JSON objects, a terminal of any size, next to nothing.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/tmux.sh
. "$(dirname "$0")/../lib/tmux.sh"

C=openshell-cluster-openshell

# A container that is healthy once its log was written and $home/go is there; the log is the given printf format.
given_log() {
	printf '%s' "$1" >"$home/format"
	rule docker 10-logs '^logs --follow'
	answer last sh 'printf "$(cat "$FAKE_DIR/../format")"; : >"$FAKE_DIR/logged"; exec sleep 1000'
	rule docker 10-inspect '^container inspect'
	answer last sh 'health=starting
		[ ! -e "$FAKE_DIR/logged" ] || [ ! -e "$FAKE_DIR/../go" ] || health=healthy
		printf "{\"Id\":\"id-of-'$C'\",\"Image\":\"sha256:image-1\",\"RestartCount\":0,\"State\":{\"Status\":\"running\",\"ExitCode\":0,\"Health\":{\"Status\":\"$health\",\"Log\":[{\"ExitCode\":1,\"Output\":\"unhealthy: not ready\"}]}},\"Config\":{\"Image\":\"openshell/cluster:dev\",\"Env\":[],\"Labels\":{}},\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}]}},\"NetworkSettings\":{\"Networks\":{\"'$C'\":{}}}}\n"'
}

# The image is not here; the pull tells whether it was given a terminal.
given_pull() {
	: >"$engine/images"
	rule docker 10-pull '^pull'
	answer last sh 'if [ -t 1 ]; then echo "bars of docker"; else echo "0001: Pull complete"; fi
		echo "ghcr.io/nvidia/openshell/cluster:dev sha256:pulled" >"$FAKE_DIR/engine/images"'
}

## plain lines

plain_lines() {
	new_home
	given_engine
	given_pull
	given_log 'k3s starts\n'
	: >"$home/go"
	run gateway start
	expect_no_out
	expect_err '    k3s starts'
	# these come when they come
	grep -v '^    [ku]' "$err" >"$home/lines"
	diff -u - "$home/lines" <<-END
		fetching the image...
		    0001: Pull complete
		preparing the network...
		preparing the volume...
		creating the container...
		starting the container...
		waiting for the gateway...
		fetching the certificates...
		Gateway 'openshell' is ready: https://127.0.0.1:8080
	END
}

plain_lines_of_a_failure() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last rc 1
	expect_status 1 run gateway start --progress plain
	expect_err 'starting the container...'
	expect_err 'taking back what was made...'
	expect_err 'openshell: cannot start'
}

closed_stderr() {
	new_home
	given_engine
	run_as sh -c 'exec "$0" gateway start 2>&-' "$CLI_PROGRAM"
	[ -e "$engine/containers/$C" ]
	run_as sh -c 'exec "$0" gateway destroy --progress=json 2>&-' "$CLI_PROGRAM"
	[ ! -e "$engine/containers/$C" ]
}

full_stderr() {
	new_home
	given_engine
	run_as sh -c 'exec "$0" gateway start 2>/dev/full' "$CLI_PROGRAM"
	[ -e "$engine/containers/$C" ]
}

plain_tests() {
	check without_a_terminal_there_are_plain_lines plain_lines
	check a_failure_is_told_step_by_step plain_lines_of_a_failure
	check a_closed_stderr_does_not_matter closed_stderr
	check a_full_stderr_does_not_matter full_stderr
}

## JSON

# Every line of stderr is an object with the common keys.
expect_objects() {
	jq -c -R 'fromjson | select(type == "object" and .schema == 1 and (.event | type == "string") and
		(.elapsed_ms | type == "number") and
		(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$")))' "$err" >"$home/objects"
	expect_equal "$(wc -l <"$err")" "$(wc -l <"$home/objects")"
	[ -s "$home/objects" ]
}

# expect_last FILTER: of the last object, true
expect_last() {
	tail -n 1 "$home/objects" | jq -e "$1" >&2
}

json_of_a_start() {
	new_home
	given_engine
	given_pull
	given_log 'k3s starts\n'
	: >"$home/go"
	run gateway start --progress=json
	expect_no_out
	expect_objects
	jq -r 'select(.event == "step" or .event == "done") | .event + " " + .step' "$home/objects" >"$home/steps"
	diff -u - "$home/steps" <<-END
		step fetching the image
		done fetching the image
		step preparing the network
		done preparing the network
		step preparing the volume
		done preparing the volume
		step creating the container
		done creating the container
		step starting the container
		done starting the container
		step waiting for the gateway
		done waiting for the gateway
		step fetching the certificates
		done fetching the certificates
	END
	jq -e -s 'any(.event == "detail" and .step == "fetching the image" and .text == "0001: Pull complete")' "$home/objects"
	jq -e -s 'any(.event == "line" and .text == "k3s starts")' "$home/objects"
	jq -e -s 'all(.event != "done" or (.step_ms | type == "number"))' "$home/objects"
	expect_last '.event == "result" and .exit_code == 0 and (.text | test("is ready"))'
	jq -e -s '[.[] | select(.event == "result")] | length == 1' "$home/objects"
	jq -e -s '[.[].elapsed_ms] | . == sort' "$home/objects"
}

json_of_stop_and_destroy() {
	new_home
	given_engine
	run gateway start
	run gateway stop --progress json
	expect_objects
	expect_last '.event == "result" and (.text | test("stopped"))'
	run gateway destroy --progress json
	expect_objects
	expect_last '.event == "result" and (.text | test("destroyed"))'
	run gateway destroy --progress json
	expect_objects
	jq -e -s 'any(.event == "note")' "$home/objects"
	expect_last '.event == "result" and .text == null'
}

json_of_a_failure() {
	new_home
	given_engine
	given_log 'k3s starts\n'
	rule docker 11-logs '^logs --tail'
	answer last out 'the last words'
	expect_status 7 run gateway start --progress=json --timeout 20
	expect_no_out
	expect_objects
	jq -e -s 'any(.event == "failed" and .fatal and .step == "waiting for the gateway")' "$home/objects"
	jq -e -s 'any(.event == "done" and .step == "taking back what was made")' "$home/objects"
	expect_last '.event == "error" and .kind == "timeout" and .exit_code == 7 and .retriable'
	expect_last '(.message | test("did not become healthy")) and any(.steps[].command | strings; test("--timeout"))'
	expect_last '.detail | index("the last words") != null'
	jq -e -s '[.[] | select(.event == "error" or .event == "result")] | length == 1' "$home/objects"
}

json_of_a_warning() {
	new_home
	given_engine
	mkdir -p "$config/gateways/openshell"
	echo '{"name": 5' >"$config/gateways/openshell/metadata.json"
	run gateway start --progress=json
	expect_objects
	jq -e -s 'any(.event == "warning" and (.text | test("metadata.json")))' "$home/objects"
}

json_of_the_trace() {
	new_home
	given_engine
	run -v gateway start --progress=json
	expect_objects
	jq -e -s 'any(.event == "debug" and (.text | test("^run: docker create ")))' "$home/objects"
}

# json_of_wrong_usage ARGUMENT...
json_of_wrong_usage() {
	new_home
	expect_status 2 run "$@"
	expect_no_out
	expect_objects
	expect_last '.event == "error" and .kind == "usage" and .exit_code == 2 and .retriable == false'
	expect_calls </dev/null
}

json_of_hostile_lines() {
	new_home
	given_engine
	given_log 'esc \033[2J\n\233c1\302\233\n\342\200\256bidi\ncr\rline\nnul\000end\n\377\300\257\n\n"quoted\\"\n'
	: >"$home/go"
	run gateway start --progress=json
	expect_objects
	jq -r 'select(.event == "line") | .text' "$home/objects" >"$home/texts"
	diff -u - "$home/texts" <<-'END'
		esc \033[2J
		\233c1\302\233
		\342\200\256bidi
		cr\rline
		nul\0end
		\377\300\257

		"quoted\"
	END
}

json_of_a_line_of_a_mebibyte() {
	new_home
	given_engine
	given_log ''
	rule docker 10-logs '^logs --follow'
	answer last sh 'head -c 1048576 /dev/zero | tr "\\000" x; echo; : >"$FAKE_DIR/logged"; exec sleep 1000'
	: >"$home/go"
	run gateway start --progress=json
	expect_objects
	expect_equal 1048576 "$(jq -j 'select(.event == "line") | .text' "$home/objects" | wc -c)"
}

json_tests() {
	check json_is_one_object_a_line_and_the_result_the_last json_of_a_start
	check json_of_stop_and_destroy_ends_with_their_result json_of_stop_and_destroy
	check json_of_a_failure_ends_with_the_error json_of_a_failure
	check json_has_warnings json_of_a_warning
	check json_has_the_trace json_of_the_trace
	check a_wrong_option_before_json_is_told_in_it json_of_wrong_usage gateway start --bogus --progress=json
	check a_wrong_option_after_json_is_told_in_it json_of_wrong_usage gateway start --progress json --bogus
	check a_wrong_value_is_told_in_json json_of_wrong_usage gateway start --port x --progress json
	check a_wrong_operand_is_told_in_json json_of_wrong_usage gateway stop --progress json operand
	check json_of_hostile_log_lines_is_valid_and_harmless json_of_hostile_lines
	check json_of_a_log_line_of_a_mebibyte_loses_nothing json_of_a_line_of_a_mebibyte
}

# unknown_mode ARGUMENT...
unknown_mode() {
	new_home
	expect_status 2 run "$@"
	expect_no_out
	expect_one_line
	expect_err --progress
	expect_calls </dev/null
}

mode_tests() {
	for command in start stop destroy; do
		check "${command}_refuses_an_unknown_kind_of_progress" unknown_mode gateway "$command" --progress xml
	done
	check an_empty_kind_of_progress_is_refused unknown_mode gateway start --progress ''
	check progress_without_its_value_is_refused unknown_mode gateway start --progress
}

## quiet

quiet_success() {
	new_home
	given_engine
	given_pull
	run gateway start --quiet
	run gateway start -q
	run gateway stop -q
	run gateway destroy --quiet
	run gateway destroy -q
	expect_no_out
	expect_equal '' "$(cat "$err")"
}

quiet_failure() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last err 'it did not work'
	answer last rc 1
	expect_status 1 run gateway start --quiet
	expect_no_out
	expect_one_reason
	expect_err 'it did not work'
	expect_status 1 run gateway start --quiet --progress=json
	expect_objects
	expect_equal 1 "$(wc -l <"$err")"
	expect_last '.event == "error"'
}

quiet_warning() {
	new_home
	given_engine
	mkdir -p "$config/gateways/openshell"
	echo '{"name": 5' >"$config/gateways/openshell/metadata.json"
	run gateway start --quiet
	expect_err 'warning: '
	expect_one_line
}

quiet_tests() {
	check quiet_says_nothing_when_all_is_well quiet_success
	check quiet_tells_the_error_alone quiet_failure
	check quiet_tells_warnings quiet_warning
}

## a terminal

ESC=$(printf '\033')

# on_a_terminal ARGUMENT...: what it gets is in $out
on_a_terminal() {
	run_as script -qec "'$CLI_PROGRAM' $*" /dev/null
}

terminal_start() {
	new_home
	given_engine
	given_pull
	given_log 'k3s \033[2J starts\n'
	: >"$home/go"
	with "$@"
	on_a_terminal gateway start
}

ticks_and_bars() {
	terminal_start TERM=xterm
	expect_out 'bars of docker'
	expect_out "${ESC}[32m✓${ESC}[0m fetching the image"
	grep -Eq 'is ready: https://127.0.0.1:8080 .*\([0-9.]+ s\)|[0-9]+ min' "$out"
	expect_lacks "${ESC}[2J" "$out"
}

layout_without_colours() {
	terminal_start TERM=xterm NO_COLOR=1
	expect_out '✓ fetching the image ('
	expect_out 'bars of docker'
	fails grep -q "$ESC\\[[0-9;]*m" "$out"
}

dumb_terminal() {
	terminal_start TERM=dumb
	expect_out 'fetching the image...'
	expect_out '0001: Pull complete'
	fails grep -q "$ESC" "$out"
}

plain_on_a_terminal() {
	new_home
	given_engine
	with TERM=xterm
	on_a_terminal gateway start --progress=plain
	expect_out 'preparing the network...'
	fails grep -q "$ESC" "$out"
}

# Neither for a quiet nor for a reader that is a program: it does as without a terminal.
asks_nothing() {
	new_home
	given_engine
	with TERM=xterm
	run gateway start
	run gateway stop
	forget_calls
	on_a_terminal gateway start "$1"
	expect_lacks '[y/N]' "$out"
	expect_equal "docker start -- $C" "$(calls '^docker start')"
}

## a terminal that can be looked at and resized

# tmux_start WIDTH HEIGHT [OPTION...]: a start that waits for $home/go, with 40 lines of log
tmux_start() {
	new_home
	given_engine
	given_log "$(seq -f 'line %g of the log, which goes on for longer than most terminals are wide, and then on' 40 | sed 's/$/\\n/' | tr -d '\n')"
	tmux_shell "$1" "$2"
	shift 2
	in_tmux send-keys "'$CLI_PROGRAM' gateway start --timeout 86400 $*" Enter
	eventually 20 screen_has '^line 40 '
}

# What is to be seen is one step at work, and the panel with so many lines and rules.
screen_is_sound() {
	screen >"$home/screen"
	[ "$(grep -c 'waiting for the ga' "$home/screen")" -eq 1 ] &&
		[ "$(grep -c '^line ' "$home/screen")" -eq "$1" ] &&
		[ "$(grep -c '───' "$home/screen")" -eq "$2" ]
}

expect_sound() {
	eventually 20 screen_is_sound "$@" || { cat "$home/screen" && return 1; }
}

# sizes WIDTHxHEIGHT=LINES...: the panel has so many lines after each of these
sizes() {
	for size in "$@"; do
		in_tmux resize-window -x "${size%%x*}" -y "$(echo "$size" | sed 's/.*x//; s/=.*//')"
		expect_sound "${size##*=}" 2
	done
}

it_ends_well() {
	: >"$home/go"
	eventually 20 screen_has '^ready> *$'
	fails screen_has '───|^line |waiting for the gateway [0-9]'
}

the_panel_survives_shrinking() {
	tmux_start 100 40
	expect_sound 15 2
	sizes 60x40=15 60x24=15 35x20=15 30x12=9 28x5=2
	in_tmux resize-window -x 28 -y 3
	expect_sound 0 0
	it_ends_well
}

# Not after a shrinking in width: what tmux wraps it scrolls away, and takes it back when it grows.
the_panel_survives_growing() {
	tmux_start 60 12
	expect_sound 9 2
	sizes 90x12=9 90x30=15 120x30=15 120x14=11 120x40=15
	it_ends_well
}

the_log_stays_after_ctrl_c() {
	tmux_start 100 24
	in_tmux send-keys C-c
	eventually 20 screen_has '^ready> *$'
	screen_has '^openshell: .*stopped by Ctrl-C'
	screen_has '^✗ waiting for the gateway'
	screen_has '^✓ taking back what was made'
	screen_has '^line 40 '
	[ ! -e "$engine/containers/$C" ]
}

prompt_after_bg() {
	screen | sed -n '/^ready> bg/,$p' | grep -q '^ready> *$'
}

it_can_be_stopped_and_continued() {
	tmux_start 80 40
	in_tmux send-keys C-z
	eventually 20 screen_has '^ready> *$'
	# nothing of what moved is left for the shell to write over
	fails screen_has '^line |waiting for the gateway'
	in_tmux send-keys fg Enter
	expect_sound 15 2
	in_tmux send-keys C-z
	eventually 20 screen_has '^ready> *$'
	in_tmux send-keys bg Enter
	eventually 20 prompt_after_bg
	in_tmux send-keys typed
	eventually 20 screen_has '^ready> typed'
	: >"$home/go"
	eventually 20 screen_has 'is ready: https'
	fails screen_has '^line '
	screen_has '^ready> typed'
}

# The shell has named the command when it stopped, and again with fg.
in_front_again() {
	[ "$(screen | grep -c 'gateway start')" -eq 3 ]
}

# What docker draws; Ctrl-Z and Ctrl-C are for both of us.
ctrl_c_ends_the_pull() {
	new_home
	given_engine
	: >"$engine/images"
	rule docker 10-pull '^pull'
	answer last sh 'test -t 1 && echo "bars of docker"; exec sleep 1000'
	tmux_shell 200 24
	in_tmux send-keys "'$CLI_PROGRAM' gateway start" Enter
	eventually 20 screen_has '^bars of docker'
	in_tmux send-keys C-z
	eventually 20 screen_has '^ready> *$'
	in_tmux send-keys fg Enter
	eventually 20 in_front_again
	in_tmux send-keys C-c
	eventually 20 screen_has '^ready> *$'
	in_tmux send-keys 'echo status $?' Enter
	eventually 20 screen_has '^status 130'
	screen_has '^✗ fetching the image'
	for process in /proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" != sleep ] || fails grep -sF "FAKE_DIR=$FAKE_DIR" "$process/environ"
	done
}

terminal_tests() {
	check steps_are_ticked_and_docker_draws_its_own_bars ticks_and_bars
	check no_color_takes_the_colours_not_the_layout layout_without_colours
	check a_dumb_terminal_gets_plain_lines dumb_terminal
	check plain_lines_can_be_had_on_a_terminal plain_on_a_terminal
	check quiet_asks_nothing asks_nothing --quiet
	check json_asks_nothing asks_nothing --progress=json
	check_apart the_panel_survives_shrinking the_panel_survives_shrinking
	check_apart the_panel_survives_growing the_panel_survives_growing
	check_apart the_log_stays_after_ctrl_c the_log_stays_after_ctrl_c
	check_apart it_can_be_stopped_and_continued it_can_be_stopped_and_continued
	check_apart ctrl_c_ends_a_pull_that_draws ctrl_c_ends_the_pull
}

main() {
	plain_tests
	json_tests
	mode_tests
	quiet_tests
	terminal_tests
}

main "$@"
