# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# An ssh server of a test's own on the loopback, for the user who runs the test. Sourced after tap.sh.
#
#   sshd_start [OPTION-LINE]...   starts one with these lines of sshd_config before the usual ones; sets
#                                 $sshd_port, $sshd_log, $sshd_pid. Its sessions find programs in $sshd_path first. One
#                                 at a time: an earlier one is ended, also one that another check started.
#   sshd_stop                     ends it and what it serves
#   sshd_connections              how many logins it has seen
#   sshd_cut                      ends the connections, not the server
#   $ssh_key, $ssh_locked_key     keys that it lets in; the second has the passphrase "secret"
#   $ssh_known                    a known_hosts file that has its key
#
#   engine_start SOCKET           something that answers each HTTP request with "OK", as docker does /_ping

sshd_program=$(command -v sshd || echo /usr/sbin/sshd)
sshd_dir=$TEST_TMP/sshd
sshd_path=$sshd_dir/bin
ssh_key=$sshd_dir/id
ssh_locked_key=$sshd_dir/id-locked
ssh_known=$sshd_dir/known_hosts
mkdir -p "$sshd_path"
at_exit sshd_stop

sshd_make_keys() {
	[ ! -e "$ssh_key" ] || return 0
	ssh-keygen -q -t ed25519 -N '' -C test -f "$sshd_dir/host"
	ssh-keygen -q -t ed25519 -N '' -C test -f "$ssh_key"
	ssh-keygen -q -t ed25519 -N secret -C test -f "$ssh_locked_key"
	cat "$ssh_key.pub" "$ssh_locked_key.pub" >"$sshd_dir/authorized_keys"
	# the server of root wants a directory of its own there
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
}

sshd_is_up() {
	grep -q 'Server listening' "$sshd_log"
}

sshd_start() {
	sshd_make_keys
	sshd_stop
	sshd_log=$sshd_dir/log
	: >"$sshd_log"
	sshd_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat <<-END
			Port $sshd_port
			ListenAddress 127.0.0.1
			HostKey $sshd_dir/host
			AuthorizedKeysFile $sshd_dir/authorized_keys
			SetEnv PATH=$sshd_path:/usr/bin:/bin
			PidFile none
			UsePAM no
			StrictModes no
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			PermitRootLogin prohibit-password
			LogLevel VERBOSE
		END
	} >"$sshd_dir/config"
	printf '[127.0.0.1]:%s %s\n' "$sshd_port" "$(cut -d' ' -f1,2 "$sshd_dir/host.pub")" >"$ssh_known"
	"$sshd_program" -D -e -f "$sshd_dir/config" >/dev/null 2>"$sshd_log" </dev/null &
	sshd_pid=$!
	echo "$sshd_pid" >"$sshd_dir/pid"
	eventually 10 sshd_is_up
}

sshd_cut() {
	pkill -KILL -P "$sshd_pid" || true
}

sshd_stop() {
	[ -e "$sshd_dir/pid" ] || return 0
	sshd_pid=$(cat "$sshd_dir/pid")
	rm "$sshd_dir/pid"
	sshd_cut
	kill "$sshd_pid" 2>/dev/null || true
}

sshd_connections() {
	grep -c 'Accepted publickey' "$sshd_log" || true
}

engine_start() {
	python3 - "$1" >/dev/null 2>&1 <<-'END' &
		import socket, sys, threading
		listening = socket.socket(socket.AF_UNIX)
		listening.bind(sys.argv[1])
		listening.listen(16)
		def serve(connection):
		    while True:
		        request = connection.recv(65536)
		        if not request:
		            return connection.close()
		        if b"\r\n\r\n" in request:
		            connection.sendall(b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK")
		while True:
		    connection, _ = listening.accept()
		    threading.Thread(target=serve, args=(connection,), daemon=True).start()
	END
	at_exit "kill $! 2>/dev/null"
	eventually 10 test -S "$1"
}
