# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# A small engine for the fake docker, read by a rule's hook (see given_engine in tests/lib/cli.sh).
# It keeps what exists in $FAKE_DIR/engine: containers/NAME holds "STATUS HEALTH IMAGE-ID PORT BIND",
# networks/NAME and volumes/NAME are empty, images holds lines "REF ID". Its answers have the
# form of docker's, with the fields that matter. Rules before its own change single answers.

engine=$FAKE_DIR/engine

engine_image_json() {
	printf '{"Id":"%s","RepoTags":["%s"],"RootFS":{"Type":"layers"},"Config":{"Labels":{"ai.openshell.version":"1.2.3"},"Healthcheck":{"Test":["CMD","/usr/local/bin/cluster-healthcheck.sh"]}}}\n' \
		"$2" "$1"
}

engine_container_json() {
	read -r status health image port bind <"$engine/containers/$1"
	networks=
	[ ! -e "$engine/networks/$1" ] || networks="\"$1\":{}"
	printf '{"Id":"id-of-%s","Image":"%s","RestartCount":0,"State":{"Status":"%s","ExitCode":%s,"OOMKilled":false,"Error":"","Health":{"Status":"%s","Log":[]}},"Config":{"Image":"openshell/cluster:dev","Env":[],"Labels":{"ai.openshell.version":"1.2.3"}},"HostConfig":{"PortBindings":{"30051/tcp":[{"HostIp":"%s","HostPort":"%s"}]},"DeviceRequests":null},"NetworkSettings":{"Networks":{%s}}}\n' \
		"$1" "$image" "$status" "$(cat "$engine/exit-code" 2>/dev/null || echo 0)" "$health" "$bind" "$port" "$networks"
}

# engine_inspect NAME...: containers and images; 1 when one is missing
engine_inspect() {
	missing=0
	for object in "$@"; do
		if [ -e "$engine/containers/$object" ]; then
			engine_container_json "$object"
			continue
		fi
		found=
		while read -r ref id; do
			[ "$ref" != "$object" ] || { engine_image_json "$ref" "$id"; found=yes; }
		done <"$engine/images"
		[ -n "$found" ] || { missing=1; echo "Error: No such object: $object" >&2; }
	done
	return "$missing"
}

engine_set_status() {
	[ -e "$engine/containers/$1" ] || { echo "Error response from daemon: No such container: $1" >&2; return 1; }
	read -r status health image port bind <"$engine/containers/$1"
	echo "$2 $3 $image $port $bind" >"$engine/containers/$1"
}

engine_image_id() {
	while read -r ref id; do
		[ "$ref" != "$1" ] || echo "$id"
	done <"$engine/images"
}

engine_create() {
	name='' port='' bind='' image=''
	while [ $# -gt 0 ]; do
		case $1 in
		--name) name=$2 ;;
		--publish)
			port=${2%:30051/tcp}
			bind=${port%:*} port=${port##*:}
			;;
		server) image=$previous ;;
		esac
		previous=$1
		shift
	done
	env >"$engine/create.env"
	echo "created starting $(engine_image_id "$image") $port $bind" >"$engine/containers/$name"
	echo "id-of-$name"
}

# "ls --format F --filter name=N" of networks and volumes: the filter is a substring, as docker's
engine_list() {
	for object in "$engine/$1"/*; do
		case ${object##*/} in *"${2#name=}"*) printf '%s\n' "${object##*/}" ;; esac
	done
}

# engine_remove KIND NAME: 1 when it is not there
engine_remove() {
	[ -e "$engine/$1/$2" ] || { echo "Error response from daemon: no such thing: $2" >&2; return 1; }
	rm "$engine/$1/$2"
}

engine_last() {
	shift $(($# - 1))
	printf '%s\n' "$1"
}

engine_info() {
	printf '{"ID":"ENGINE-ID","ServerVersion":"28.2.2","OSType":"linux","Architecture":"x86_64","DockerRootDir":"/","MemTotal":17179869184,"CgroupVersion":"1","SecurityOptions":[],"ClientInfo":{"Context":"default"}}\n'
}

engine_exec() {
	case "$*" in
	*'kubectl -n openshell get secret openshell-cli-client '*)
		cat "$engine/secret"
		;;
	*'kubectl get nodes'*'-o json')
		cat "$engine/nodes.json"
		;;
	*'kubectl delete node '*) ;;
	*) refuse 'the fake engine cannot exec' "$*" ;;
	esac
}

engine_volume_or_network() {
	kind=$1s
	shift
	case $1 in
	ls) engine_list "$kind" "$(engine_last "$@")" ;;
	create) : >"$engine/$kind/$(engine_last "$@")" ;;
	rm) engine_remove "$kind" "$(engine_last "$@")" ;;
	inspect) echo '{}' ;;
	connect | disconnect) ;;
	*) refuse 'the fake engine does not know' "$kind $*" ;;
	esac
}

engine_call() {
	case "$1" in
	inspect)
		shift 4
		engine_inspect "$@"
		;;
	container)
		[ "$2" != ls ] || { engine_list containers name=; return; }
		shift 5
		engine_inspect "$@"
		;;
	info) engine_info ;;
	context) echo 'unix:///var/run/docker.sock' ;;
	ps) [ ! -e "$engine/port-holders" ] || cat "$engine/port-holders" ;;
	create) engine_create "$@" ;;
	start) engine_set_status "$(engine_last "$@")" running healthy ;;
	stop) engine_set_status "$(engine_last "$@")" exited none ;;
	rm) engine_remove containers "$(engine_last "$@")" ;;
	network | volume) engine_volume_or_network "$@" ;;
	exec) engine_exec "$@" ;;
	logs) [ "$2" != --follow ] || exec sleep 1000 ;;
	events) exec sleep 1000 ;;
	*) refuse 'the fake engine does not know' "$*" ;;
	esac
}

engine_call "$@"
exit
