# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154
#
# For tests on a terminal that can be looked at, typed on and resized, sourced after cli.sh. Each is a subshell of its
# own (a test of `check`), at whose end the terminal is taken away.
#
#   tmux_shell WIDTH HEIGHT     a shell there, with the environment and in the home of the test; its prompt is "ready> "
#   in_tmux COMMAND...          a command of tmux
#   screen, screen_has REGEX    what is to be seen
#   resize WIDTH HEIGHT
#   type_keys KEY...            keys as `tmux send-keys` names them

in_tmux() {
	tmux -u -S "$TEST_RUN/tmux$cli_homes" "$@"
}

screen() {
	in_tmux capture-pane -p
}

screen_has() {
	screen | grep -qE -e "$1"
}

tmux_shell() {
	with "ENV=$home/shrc"
	echo "PS1='ready> '" >"$home/shrc"
	trap 'in_tmux kill-server 2>/dev/null' EXIT # of this test's subshell, also when it fails
	run_as tmux -u -f /dev/null -S "$TEST_RUN/tmux$cli_homes" new-session -c "$home" -d -x "$1" -y "$2" sh
	eventually 10 screen_has '^ready>'
}

resize() {
	in_tmux resize-window -x "$1" -y "$2"
}

type_keys() {
	in_tmux send-keys "$@"
}

# A program whose terminal was taken away may still be at work when the next test begins.
check_apart() {
	cli_homes=$((cli_homes + 1))
	check "$@"
}
