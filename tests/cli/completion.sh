#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Completion in real shells, and what the program does for it: nothing but reading directories.

# out, err, home, config come from there.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

SCRIPTS=$REPO/src/completions

# A home with gateways, files to complete, and a PATH on which openshell is the program.
new_shell_home() {
	new_home
	given_record demo
	given_record other
	mkdir -p "$home/bin" "$home/files/a dir"
	ln -s "$CLI_PROGRAM" "$home/bin/openshell"
	: >"$home/files/cert one.pem"
	: >"$home/files/x=y:z.pem"
	CLI_PATH=$home/bin:$REPO/tests/fakes:/usr/bin:/bin
	with "ZDOTDIR=$home" TERM=xterm PS1=ready:
}

# --- what the program is asked ----------------------------------------------------------------------------------------

# answers EXPECTED [WORD]...: the candidates, without descriptions
answers() {
	wanted=$1
	shift
	run __complete "$@"
	expect_equal "$wanted" "$(cut -f1 "$out" | paste -sd' ' -)"
	expect_equal '' "$(cat "$err")"
}

names_of_gateways() {
	new_shell_home
	answers 'demo other' --gateway ''
	answers 'demo' gateway select d
	answers 'other' gateway info --name o
	expect_calls </dev/null
}

no_configuration() {
	new_home
	answers '' gateway select ''
	[ ! -e "$config" ]
}

hostile_names() {
	new_home
	given_record good
	for name in 'a b' '-rf' '$(reboot)' 'x;y' "$(printf 'esc\033[2J')" "$(printf 'new\nline')" 'ä'; do
		mkdir -p "$config/gateways/$name"
		cp "$config/gateways/good/metadata.json" "$config/gateways/$name/"
	done
	answers good gateway select ''
}

broken_environment() {
	new_shell_home
	with OPENSHELL_DOCKER_TIMEOUT=soon
	answers '' gateway select ''
	answers 'status' stat
	run_as env -u HOME -u XDG_CONFIG_HOME "$CLI_PROGRAM" __complete -g ''
	expect_no_out
	expect_equal '' "$(cat "$err")"
}

into_a_full_device() {
	new_home
	"$CLI_PROGRAM" __complete '' >/dev/full 2>"$err"
	expect_equal '' "$(cat "$err")"
}

# With nothing on the PATH, and no call of the kernel that starts a process or opens a connection.
starts_nothing() {
	new_shell_home
	CLI_PATH=/nonexistent
	run_as "$(command -v strace)" -f -o "$home/trace" -e trace=process,network "$CLI_PROGRAM" __complete gateway select ''
	expect_out demo
	expect_equal '' "$(grep -E '(fork|vfork|clone|clone3|socket|connect)\(' "$home/trace")"
	expect_equal 1 "$(grep -c 'execve(' "$home/trace")"
	expect_calls </dev/null
}

many_gateways_are_quick() {
	new_home
	mkdir -p "$config/gateways"
	(cd "$config/gateways" && seq -f 'gateway-%05g' 10000 | xargs mkdir && seq -f 'gateway-%05g/metadata.json' 10000 | xargs touch)
	run_as timeout 5 "$CLI_PROGRAM" __complete gateway select gateway-0999
	expect_equal 10 "$(wc -l <"$out")"
	run_as timeout 5 "$CLI_PROGRAM" __complete gateway select ''
	expect_equal 10000 "$(wc -l <"$out")"
}

# --- the scripts ------------------------------------------------------------------------------------------------------

script_is_as_installed() {
	new_home
	run completions "$1"
	diff -u "$SCRIPTS/$2" "$out"
	expect_equal '' "$(grep -E "$REPO|[ (]/(usr|bin|opt|home|tmp)[/ ]" "$out")"
	expect_calls </dev/null
}

unknown_shell() {
	new_home
	expect_status 2 run completions "$@"
	expect_no_out
	expect_one_line
}

# --- bash -------------------------------------------------------------------------------------------------------------

# in_bash EXPECTED BREAKS LINE WORD...: what the function offers for the line, with the words as bash cuts it
in_bash() {
	wanted=$1 breaks=$2 line=$3
	shift 3
	cd "$home/files"
	run_as bash --norc --noprofile -c '
		set -u
		source "$1"; COMP_WORDBREAKS=$2; COMP_LINE=$3; COMP_POINT=${#3}
		shift 3
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_openshell openshell "${COMP_WORDS[COMP_CWORD]}" ""
		printf "%s\n" "${COMPREPLY[@]}"' bash "$SCRIPTS/openshell" "$breaks" "$line" "$@"
	expect_equal "$wanted" "$(sort "$out" | paste -sd'|' -)"
	expect_equal '' "$(cat "$err")"
}

ALL=' 	"'"'"'><=;|&(:'

bash_function() {
	new_shell_home
	in_bash 'completions|doctor|gateway|help|status' "$ALL" 'openshell ' openshell ''
	in_bash 'destroy' "$ALL" 'openshell gateway des' openshell gateway des
	in_bash 'demo|other' "$ALL" 'openshell -g ' openshell -g ''
	in_bash '' "$ALL" 'openshell nonsense ' openshell nonsense ''
}

bash_equals() {
	new_shell_home
	in_bash 'json' "$ALL" 'openshell status --output=j' openshell status --output = j
	in_bash 'json|table|yaml' "$ALL" 'openshell status --output=' openshell status --output =
	in_bash '--output=json' ' ' 'openshell status --output=j' openshell status --output=j
	in_bash '--name|--output|--remote|--ssh-key|--ssh-option|--watch|-o|-w' "$ALL" 'openshell status --output= ' openshell status --output = ''
	in_bash 'demo' "$ALL" 'openshell --gateway=d' openshell --gateway = d
	in_bash 'status' "$ALL" 'openshell --gateway=demo sta' openshell --gateway = demo sta
}

bash_files() {
	new_shell_home
	in_bash 'a dir|cert one.pem|none|x=y:z.pem' "$ALL" 'openshell gateway start --ca ' openshell gateway start --ca ''
	in_bash 'cert one.pem' "$ALL" 'openshell gateway start --ca=ce' openshell gateway start --ca = ce
	in_bash '--ca=cert one.pem' ' ' 'openshell gateway start --ca=ce' openshell gateway start --ca=ce
	in_bash 'z.pem' "$ALL" 'openshell gateway start --ca x=y:' openshell gateway start --ca x = y :
	in_bash 'cert one.pem' "$ALL" 'openshell doctor exec -- cat ce' openshell doctor exec -- cat ce
}

bash_cursor_within() {
	new_shell_home
	cd "$home/files"
	run_as bash --norc --noprofile -c '
		source "$1"; COMP_LINE="openshell gateway stop --force"; COMP_POINT=19
		COMP_WORDS=(openshell gateway stop --force); COMP_CWORD=2
		_openshell; printf "%s\n" "${COMPREPLY[@]}"' bash "$SCRIPTS/openshell"
	expect_equal 'select start stop' "$(sort "$out" | paste -sd' ' -)"
}

# typed SHELL... <<KEYS: see tests/lib/type.py
typed() {
	cat >"$home/keys"
	run_as sh -c 'cd "$HOME/files" && exec "$@" <"$HOME/keys"' sh "$REPO/tests/lib/type.py" 20 "$@" || {
		cat "$out" "$err" && return 1
	}
}

# The shell's own openshell says what it was given; the script asks the program.
bash_at_a_terminal() {
	new_shell_home
	run completions bash
	cp "$out" "$home/script"
	typed bash --norc --noprofile -i <<-'END'
		> . ~/script; openshell() { printf 'got'; printf '<%s>' "$@"; }; echo go''ahead\n
		< goahead
		> openshell gate\tdes\t--na\tdem\t\n
		< got<gateway><destroy><--name><demo>
		> openshell status --output=ya\t-g oth\t\n
		< got<status><--output=yaml><-g><other>
		> openshell gateway start --ca=cert\t\n
		< got<gateway><start><--ca=cert one.pem>
		> openshell gateway start --registries ~/files/ce\t\n
		< /files/cert one.pem>
		> openshell gateway select "de\t\n
		< got<gateway><select><demo>
		> openshell gateway de\t; openshell --gateway o\t\n
		< got<gateway><destroy>
		< got<--gateway><other>
	END
}

bash_with_the_package() {
	new_shell_home
	typed bash --norc --noprofile -i <<-END
		> . /usr/share/bash-completion/bash_completion; . $SCRIPTS/openshell; openshell() { printf 'got'; printf '<%s>' "\$@"; }; echo go''ahead\\n
		< goahead
		> openshell gate\\tinf\\t--name=oth\\t\\n
		< got<gateway><info><--name=other>
	END
}

# --- zsh --------------------------------------------------------------------------------------------------------------

zsh_at_a_terminal() {
	new_shell_home
	: >"$home/.zshrc"
	typed zsh -i <<-END
		> fpath=($SCRIPTS \$fpath); autoload -Uz compinit && compinit -u -D; openshell() { print -rn -- got; printf '<%s>' "\$@"; }; echo go''ahead\\n
		< goahead
		> openshell gate\\tdes\\t--na\\tdem\\t\\n
		< got<gateway><destroy><--name><demo>
		> openshell status --output=ya\\t-g oth\\t\\n
		< got<status><--output=yaml><-g><other>
		> openshell gateway start --ca=cert\\t\\n
		< got<gateway><start><--ca=cert one.pem>
		> openshell gateway sto\\t--name=d\\t\\n
		< got<gateway><stop><--name=demo>
		> openshell gateway s\\t\\t
		< make a gateway the active one
	END
}

zsh_sourced() {
	new_shell_home
	: >"$home/.zshrc"
	typed zsh -i <<-END
		> autoload -Uz compinit && compinit -u -D; source <(command openshell completions zsh); openshell() { print -rn -- got; printf '<%s>' "\$@"; }; echo go''ahead\\n
		< goahead
		> openshell comp\\tfi\\t\\n
		< got<completions><fish>
	END
}

# --- fish -------------------------------------------------------------------------------------------------------------

# in_fish EXPECTED LINE: the candidates, without descriptions
in_fish() {
	cd "$home/files"
	run_as fish --no-config -c "source $SCRIPTS/openshell.fish; complete -C \"\$argv[1]\"" "$2"
	expect_equal "$1" "$(cut -f1 "$out" | sort | paste -sd'|' -)"
	expect_equal '' "$(cat "$err")"
}

fish_offers() {
	new_shell_home
	in_fish 'completions|doctor|gateway|help|status' 'openshell '
	in_fish 'destroy' 'openshell gateway des'
	in_fish 'demo|other' 'openshell --gateway '
	in_fish '--output=json' 'openshell status --output=j'
	in_fish '--gateway=demo' 'openshell --gateway=d'
	in_fish '--pull' 'openshell gateway start --pul'
	in_fish 'cert one.pem' 'openshell gateway start --ca ce'
	in_fish '--ca=cert one.pem' 'openshell gateway start --ca=ce'
	in_fish 'cert one.pem' 'openshell doctor exec -- cat ce'
	in_fish '' 'openshell nonsense '
	run_as fish --no-config -c "source $SCRIPTS/openshell.fish; complete -C 'openshell gateway des'"
	expect_out "destroy	remove a gateway"
}

# --- all --------------------------------------------------------------------------------------------------------------

# with_shell SHELL NAME COMMAND...: skipped where that program or file is not there
with_shell() {
	shell=$1
	shift
	if command -v "$shell" >/dev/null || [ -e "$shell" ]; then
		check "$@"
	else
		skip "$1" "$shell is not installed"
	fi
}

main() {
	check gateways_are_offered_wherever_one_is_named names_of_gateways
	check without_a_configuration_there_are_none_and_none_is_made no_configuration
	check a_name_that_cannot_be_one_is_not_printed hostile_names
	check a_broken_environment_is_no_reason_to_complain broken_environment
	check a_full_device_is_no_reason_to_complain into_a_full_device
	if strace -o /dev/null true 2>/dev/null; then
		check completion_starts_no_process_and_opens_no_connection starts_nothing
	else
		skip completion_starts_no_process_and_opens_no_connection 'strace does not work here'
	fi
	check ten_thousand_gateways_are_completed_in_time many_gateways_are_quick
	check the_script_for_bash_is_the_installed_one_and_names_no_place script_is_as_installed bash openshell
	check the_script_for_zsh_is_the_installed_one_and_names_no_place script_is_as_installed zsh _openshell
	check the_script_for_fish_is_the_installed_one_and_names_no_place script_is_as_installed fish openshell.fish
	check an_unknown_shell_is_an_error unknown_shell tcsh
	check no_shell_is_an_error unknown_shell
	check two_shells_are_an_error unknown_shell bash zsh
	check bash_completes_commands_options_and_gateways bash_function
	check bash_completes_values_behind_an_equals_sign_however_it_cuts_words bash_equals
	check bash_completes_files_with_blanks_and_colons bash_files
	check bash_completes_what_is_before_the_cursor bash_cursor_within
	check bash_completes_what_is_typed bash_at_a_terminal
	with_shell /usr/share/bash-completion/bash_completion bash_completes_beside_the_package_bash-completion bash_with_the_package
	with_shell zsh zsh_completes_what_is_typed_and_shows_descriptions zsh_at_a_terminal
	with_shell zsh zsh_takes_the_script_from_the_program zsh_sourced
	with_shell fish fish_completes_with_descriptions fish_offers
}

main "$@"
