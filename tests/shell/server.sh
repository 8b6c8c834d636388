#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# openshell-server with a real nginx on loopback and a stand-in for kubectl proxy.
. "$(dirname "$0")/../lib/tap.sh"

DIR=$TEST_TMP/gateway
T=$TEST_TMP/tls
RUN=$TEST_TMP/run
LOG=$TEST_TMP/log
PORT=
HEALTH_PORT=
SERVER_PID=
AS_USER=
USER_ID=$(id -u)

# As in the container, nothing here runs as root: nginx' workers would change
# their user and lose the directory. The repository may be out of that user's reach.
use_another_user() {
	cp -R "$REPO/deploy/docker/gateway" "$TEST_TMP/"
	[ "$USER_ID" -eq 0 ] || return 0
	USER_ID=65534
	AS_USER="setpriv --reuid=$USER_ID --regid=$USER_ID --clear-groups"
	chmod 755 "$TEST_TMP"
}

# Answers with the request's method, path and headers; echoes after an upgrade.
make_proxy() {
	cat >"$TEST_TMP/proxy.py" <<-'END'
		import socketserver, sys
		class Handler(socketserver.StreamRequestHandler):
		    def handle(self):
		        while True:
		            head = b""
		            while not head.endswith(b"\r\n\r\n"):
		                line = self.rfile.readline()
		                if not line:
		                    return
		                head += line
		            if b"upgrade: " in head.lower():
		                self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n")
		                while True:
		                    data = self.rfile.readline()
		                    if not data:
		                        return
		                    self.wfile.write(b"echo " + data)
		            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + head)
		class Server(socketserver.ThreadingUnixStreamServer):
		    daemon_threads = True
		Server(sys.argv[1], Handler).serve_forever()
	END
	cat >"$TEST_TMP/kubectl" <<-'END'
		#!/bin/sh
		[ "$1" = proxy ] || exit 2
		echo $$ >"$TEST_TMP/run/proxy.pid"
		exec python3 "$TEST_TMP/proxy.py" "${2#--unix-socket=}"
	END
	chmod +x "$TEST_TMP/kubectl"
}

# make_cert FILE CA SUBJECT EXTENSION
make_cert() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$1.key" -subj "/CN=$3" 2>/dev/null |
		openssl x509 -req -CA "$T/$2.crt" -CAkey "$T/$2.key" -set_serial "0x$(openssl rand -hex 8)" -days 2 \
			-extfile "$TEST_TMP/san" -out "$T/$1.crt" 2>/dev/null
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$1.key" -out "$T/$1.crt" -days 2 \
		-subj "/CN=$1" 2>/dev/null
}

make_certs() {
	mkdir -p "$T"
	echo 'subjectAltName=IP:127.0.0.1,DNS:localhost' >"$TEST_TMP/san"
	make_ca ca
	make_ca foreign-ca
	make_cert server ca first
	make_cert client ca client
	make_cert foreign foreign-ca client
}

free_ports() {
	python3 -c '
import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])'
}

# serve [VAR=VALUE...]: starts the server and waits until it answers.
serve() {
	stop_server
	PORT=$(free_ports)
	HEALTH_PORT=${PORT#* }
	PORT=${PORT% *}
	mkdir -p "$RUN"
	chown -R "$USER_ID" "$RUN" "$T"
	# shellcheck disable=SC2086 # words
	$AS_USER env OPENSHELL_NGINX="$NGINX" OPENSHELL_KUBECTL="$TEST_TMP/kubectl" TEST_TMP="$TEST_TMP" \
		OPENSHELL_RUN_DIR="$RUN" OPENSHELL_VERSION=1.2.3-test \
		OPENSHELL_NGINX_TEMPLATE="$DIR/nginx.conf.in" OPENSHELL_HEALTH_PORT="$HEALTH_PORT" OPENSHELL_RELOAD_SECONDS=1 \
		OPENSHELL_TLS_CERT="$T/server.crt" OPENSHELL_TLS_KEY="$T/server.key" OPENSHELL_TLS_CLIENT_CA="$T/ca.crt" \
		"$@" "$SH" "$DIR/openshell-server" --port "$PORT" >"$LOG" 2>&1 &
	SERVER_PID=$!
	echo "$SERVER_PID" >"$TEST_TMP/server.pid"
	probe /readyz 50 || { tail -n 5 "$LOG"; return 1; }
}

stop_server() {
	[ ! -e "$TEST_TMP/server.pid" ] || kill -TERM "$(cat "$TEST_TMP/server.pid")" 2>/dev/null || :
	[ ! -e "$TEST_TMP/server.pid" ] || eventually 6 gone "$(cat "$TEST_TMP/server.pid")"
	rm -f "$TEST_TMP/server.pid"
}

# A child of a test that is over may stay as a zombie.
gone() {
	! grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status"
}

probe() {
	OPENSHELL_HEALTH_PORT=$HEALTH_PORT "$DIR/openshell-probe" "$@"
}

get() {
	gt_path=$1
	shift
	curl -sS --max-time 5 --cacert "$T/ca.crt" "$@" "https://127.0.0.1:$PORT$gt_path"
}

with_client() {
	get "$1" --cert "$T/client.crt" --key "$T/client.key"
}

status() {
	get "$@" -o /dev/null -w '%{http_code}'
}

subject() {
	openssl s_client -connect "127.0.0.1:$PORT" -cert "$T/client.crt" -key "$T/client.key" </dev/null 2>/dev/null |
		openssl x509 -noout -subject
}

the_clients_certificate_opens_the_door() {
	serve
	expect_equal '{"status":"ok","version":"1.2.3-test"}' "$(with_client /healthz)"
	with_client /api/v1/nodes | grep -q '^GET /api/v1/nodes HTTP/1.1'
}

no_certificate_is_refused() {
	serve
	expect_equal 400 "$(status /healthz)"
	expect_equal 400 "$(status /api)"
}

a_foreign_certificate_is_refused() {
	serve
	expect_equal 400 "$(status /api --cert "$T/foreign.crt" --key "$T/foreign.key")"
	expect_equal 400 "$(status /healthz --cert "$T/foreign.crt" --key "$T/foreign.key")"
}

plaintext_is_refused_where_there_is_tls() {
	serve
	expect_equal 400 "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/api")"
}

nobody_else_is_let_in_by_a_header() {
	serve
	get /x --cert "$T/client.crt" --key "$T/client.key" -H 'Authorization: Bearer stolen' -H 'Impersonate-User: admin' \
		-H 'Impersonate-Group: system:masters' >"$TEST_TMP/seen"
	expect_lacks stolen "$TEST_TMP/seen"
	! grep -qi '^impersonate' "$TEST_TMP/seen"
}

without_client_authentication_tls_stays() {
	serve OPENSHELL_DISABLE_GATEWAY_AUTH=true
	expect_equal 200 "$(status /api)"
	expect_equal 400 "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/api")"
}

plaintext_mode_needs_no_certificate_at_all() {
	serve OPENSHELL_DISABLE_TLS=true OPENSHELL_TLS_CERT= OPENSHELL_TLS_KEY= OPENSHELL_TLS_CLIENT_CA=
	curl -sS "http://127.0.0.1:$PORT/healthz" | grep -q 1.2.3-test
}

only_true_switches_the_protection_off() {
	serve OPENSHELL_DISABLE_TLS=1 OPENSHELL_DISABLE_GATEWAY_AUTH=yes
	expect_equal 400 "$(status /api)"
}

an_upgraded_connection_carries_both_ways() {
	serve
	{
		printf 'GET /exec HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n'
		sleep 0.5
		echo one
		sleep 0.5
		echo two
		sleep 1
	} | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$PORT" -cert "$T/client.crt" -key "$T/client.key" \
		>"$TEST_TMP/up" 2>/dev/null || :
	expect_has '101 Switching' "$TEST_TMP/up"
	expect_has 'echo one' "$TEST_TMP/up"
	expect_has 'echo two' "$TEST_TMP/up"
}

the_health_listener_is_on_loopback_only() {
	serve
	probe /healthz
	expect_status 1 probe /api
	expect_has "127.0.0.1:$HEALTH_PORT;" "$RUN/nginx.conf"
}

changed_certificates_are_taken_up() {
	serve
	expect_equal 'subject=CN = first' "$(subject)"
	cp "$T/server.crt" "$TEST_TMP/keep.crt"
	cp "$T/server.key" "$TEST_TMP/keep.key"
	make_cert server ca second
	eventually 6 second_is_served
	cp "$TEST_TMP/keep.crt" "$T/server.crt"
	cp "$TEST_TMP/keep.key" "$T/server.key"
}

second_is_served() {
	[ "$(subject)" = 'subject=CN = second' ]
}

a_broken_certificate_leaves_the_old_one() {
	serve
	cp "$T/server.crt" "$TEST_TMP/keep.crt"
	echo broken >"$T/server.crt"
	eventually 5 grep -q 'certificates have changed' "$LOG"
	sleep 1
	cp "$TEST_TMP/keep.crt" "$T/server.crt"
	expect_equal 200 "$(with_client /healthz | grep -c ok | sed 's/1/200/')"
}

it_stops_within_five_seconds_even_with_a_connection_open() {
	serve
	{ printf 'GET /exec HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n'; sleep 8; } |
		timeout 9 openssl s_client -quiet -connect "127.0.0.1:$PORT" -cert "$T/client.crt" -key "$T/client.key" \
			>"$TEST_TMP/up" 2>/dev/null &
	eventually 3 grep -q 101 "$TEST_TMP/up"
	is_from=$(date +%s%N)
	kill -TERM "$SERVER_PID"
	expect_status 0 wait "$SERVER_PID"
	[ $((($(date +%s%N) - is_from) / 1000000)) -lt 5000 ]
	rm "$TEST_TMP/server.pid"
	gone "$(cat "$RUN/proxy.pid")"
	! probe /healthz
}

it_ends_when_nginx_ends() {
	serve
	kill -KILL "$(cat "$RUN/nginx.pid")"
	expect_status 1 wait "$SERVER_PID"
	expect_has 'nginx has ended' "$LOG"
	rm "$TEST_TMP/server.pid"
	gone "$(cat "$RUN/proxy.pid")"
}

it_ends_when_the_proxy_ends() {
	serve
	kill -KILL "$(cat "$RUN/proxy.pid")"
	expect_status 1 wait "$SERVER_PID"
	expect_has 'kubectl proxy has ended' "$LOG"
	rm "$TEST_TMP/server.pid"
	! probe /healthz
}

bad_arguments_are_refused() {
	for ba in '--port x' '--port 123456' '--port' '--nonsense 1' '--log-level loud'; do
		# shellcheck disable=SC2086 # words
		expect_status 2 env OPENSHELL_RUN_DIR="$RUN" OPENSHELL_DISABLE_TLS=true "$SH" "$DIR/openshell-server" $ba
	done
	expect_status 2 env OPENSHELL_RUN_DIR="$RUN" OPENSHELL_TLS_CERT=/none OPENSHELL_TLS_KEY=/none OPENSHELL_TLS_CLIENT_CA=/none \
		"$SH" "$DIR/openshell-server"
}

TESTS='the_clients_certificate_opens_the_door
no_certificate_is_refused
a_foreign_certificate_is_refused
plaintext_is_refused_where_there_is_tls
nobody_else_is_let_in_by_a_header
without_client_authentication_tls_stays
plaintext_mode_needs_no_certificate_at_all
only_true_switches_the_protection_off
an_upgraded_connection_carries_both_ways
the_health_listener_is_on_loopback_only
changed_certificates_are_taken_up
a_broken_certificate_leaves_the_old_one
it_stops_within_five_seconds_even_with_a_connection_open
it_ends_when_nginx_ends
it_ends_when_the_proxy_ends
bad_arguments_are_refused'

run_all() {
	for ra in $TESTS; do
		check "${ra}_under_$1" "$ra"
	done
}

main() {
	NGINX=$(PATH=$PATH:/usr/sbin command -v nginx) || {
		skip server 'nginx is not installed'
		return 0
	}
	at_exit stop_server
	use_another_user
	make_proxy
	make_certs
	SH=dash
	run_all dash
	if ! command -v busybox >/dev/null 2>&1; then
		skip server_under_busybox 'busybox is not installed'
		return 0
	fi
	ln -s "$(command -v busybox)" "$TEST_TMP/sh"
	SH=$TEST_TMP/sh
	run_all busybox
}

main "$@"
