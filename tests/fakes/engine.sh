# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# A small engine for the fake docker, read by a rule's hook (see given_engine in tests/lib/cli.sh).
# It keeps what exists in $FAKE_DIR/engine: containers/NAME holds "STATUS HEALTH IMAGE-ID PORT BIND",
# networks/NAME and volumes/NAME are empty, images holds lines "REF ID", dns/NAME and files/NAME
# what the container was created with, arch what images are for (amd64 without it), tar/NAME what was copied into it. Its answers have the
# form of docker's, with the fields that matter. Rules before its own change single answers.

engine=$FAKE_DIR/engine

engine_image_json() {
	arch=amd64
	[ ! -e "$engine/arch" ] || read -r arch <"$engine/arch"
	printf '{"Id":"%s","RepoTags":["%s"],"Architecture":"'"$arch"'","RootFS":{"Type":"layers"},"Config":{"Labels":{"ai.openshell.version":"1.2.3"},"Healthcheck":{"Test":["CMD","/usr/local/bin/cluster-healthcheck.sh"]}}}\n' \
		"$2" "$1"
}

engine_container_json() {
	read -r status health image port bind <"$engine/containers/$1"
	networks=
	[ ! -e "$engine/networks/$1" ] || networks="\"$1\":{}"
	pushed=
	[ ! -e "$engine/pushed.$1" ] || pushed="\"PUSH_IMAGE_REFS=$(cat "$engine/pushed.$1")\""
	dns=
	[ ! -e "$engine/dns/$1" ] || read -r dns <"$engine/dns/$1"
	labels='"ai.openshell.version":"1.2.3"'
	if [ -e "$engine/files/$1" ]; then
		read -r files <"$engine/files/$1"
		labels="$labels,\"ai.openshell.files\":\"$files\""
	fi
	printf '{"Id":"id-of-%s","Name":"/%s","Image":"%s","RestartCount":0,"State":{"Status":"%s","ExitCode":%s,"OOMKilled":false,"Error":"","Health":{"Status":"%s","Log":[]}},"Config":{"Image":"openshell/cluster:dev","Env":[%s],"Labels":{%s}},"HostConfig":{"Dns":[%s],"PortBindings":{"30051/tcp":[{"HostIp":"%s","HostPort":"%s"}]},"DeviceRequests":null},"NetworkSettings":{"Networks":{%s}}}\n' \
		"${1#id-of-}" "${1#id-of-}" "$image" "$status" "$(cat "$engine/exit-code" 2>/dev/null || echo 0)" "$health" "$pushed" "$labels" "$dns" \
		"$bind" "$port" "$networks"
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
	name='' port='' bind='' image='' pushed='' dns='' files=''
	while [ $# -gt 0 ]; do
		case $1 in
		--name) name=$2 ;;
		--publish)
			port=${2%:30051/tcp}
			bind=${port%:*} port=${port##*:}
			;;
		PUSH_IMAGE_REFS=*) pushed=${1#*=} ;;
		--dns) dns="$dns${dns:+,}\"$2\"" ;;
		ai.openshell.files=*) files=${1#*=} ;;
		server) image=$previous ;;
		esac
		previous=$1
		shift
	done
	env >"$engine/create.env"
	rm -f "$engine/pushed.$name"
	[ -z "$pushed" ] || printf '%s' "$pushed" >"$engine/pushed.$name"
	mkdir -p "$engine/dns" "$engine/files" "$engine/tar"
	rm -f "$engine/dns/$name" "$engine/files/$name" "$engine/tar/$name"
	[ -z "$dns" ] || echo "$dns" >"$engine/dns/$name"
	[ -z "$files" ] || echo "$files" >"$engine/files/$name"
	echo "created starting $(engine_image_id "$image") $port $bind" >"$engine/containers/$name"
	echo "id-of-$name"
}

# "ls --format F --filter name=N" of networks and volumes: the filter is a substring, as docker's; a network's ID
# follows its name
engine_list() {
	for object in "$engine/$1"/*; do
		case ${object##*/} in *"${2#name=}"*) printf '%s\n' "${object##*/}" ;; *) continue ;; esac
		[ "$1" != networks ] || echo "id-of-${object##*/}"
	done
}

# engine_images REF...: what "image inspect" prints of them; 1 when one is missing
engine_images() {
	for object in "$@"; do
		id=$(engine_image_id "$object")
		[ -n "$id" ] || { echo "Error: No such image: $object" >&2; return 1; }
		echo "$id"
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
	printf '{"ID":"ENGINE-ID","ServerVersion":"28.2.2","OSType":"linux","Architecture":"x86_64","Driver":"overlay2","DockerRootDir":"/","MemTotal":17179869184,"CgroupVersion":"1","SecurityOptions":[],"ClientInfo":{"Context":"default"}}\n'
}

engine_version() {
	printf '{"Client":{"Version":"28.2.2","ApiVersion":"1.50","DefaultAPIVersion":"1.50"},"Server":{"Components":[{"Name":"Engine"}],"ApiVersion":"1.50","MinAPIVersion":"1.24"}}\n'
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
	*' ctr '*' version') ;;
	*' ctr '*' images import '*' -') cat >"$engine/imported" ;;
	*'kubectl -n openshell get statefulset/openshell deployment/openshell '*) echo statefulset.apps/openshell ;;
	*'kubectl rollout '*) ;;
	*) refuse 'the fake engine cannot exec' "$*" ;;
	esac
}

engine_volume_or_network() {
	kind=$1s
	shift
	case $1 in
	ls) engine_list "$kind" "$(engine_last "$@")" ;;
	create) : >"$engine/$kind/$(engine_last "$@")" ;;
	rm)
		object=$(engine_last "$@")
		engine_remove "$kind" "${object#id-of-}"
		;;
	inspect) echo '{}' ;;
	connect | disconnect) ;;
	*) refuse 'the fake engine does not know' "$kind $*" ;;
	esac
}

# What the registry has is in the file registry, lines "REF ID"; what the call was configured with is kept.
engine_pull() {
	env >"$engine/pull.env"
	[ -z "${DOCKER_CONFIG:-}" ] || { rm -rf "$engine/pull.config" && cp -R "$DOCKER_CONFIG" "$engine/pull.config"; }
	while read -r ref id; do
		[ "$ref" != "$1" ] || { echo "$ref $id" >>"$engine/images" && echo "Status: Downloaded $ref" && return 0; }
	done <"$engine/registry"
	echo "Error response from daemon: manifest for $1 not found: manifest unknown" >&2
	return 1
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
	image)
		shift 5
		engine_images "$@"
		;;
	save)
		shift 2
		echo "archive of $*"
		[ ! -e "$engine/archive" ] || cat "$engine/archive"
		;;
	info) engine_info ;;
	version) engine_version ;;
	context) echo 'unix:///var/run/docker.sock' ;;
	ps) [ ! -e "$engine/port-holders" ] || cat "$engine/port-holders" ;;
	pull) engine_pull "$(engine_last "$@")" ;;
	create) engine_create "$@" ;;
	cp) cat >"$engine/tar/${3%:/}" ;;
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
