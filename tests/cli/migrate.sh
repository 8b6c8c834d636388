#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Configuration that upstream's program left: it works as it is, gateway migrate tells what would change, and nothing in
# it is lost.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# put MODE FILE: standard input, below the configuration
put() {
	mkdir -p "$config/$(dirname "$2")"
	cat >"$config/$2"
	chmod "$1" "$config/$2"
}

# With upstream's names of keys and files, and its modes.
given_upstream() {
	new_home
	given_engine
	put 644 gateways/edge/metadata.json <<'END'
{
  "name": "edge",
  "gateway_endpoint": "https://gw.example.com",
  "is_remote": true,
  "gateway_port": 0,
  "remote_host": null,
  "auth_mode": "cloudflare_jwt",
  "cf_team_domain": "team.cloudflareaccess.com",
  "cf_auth_url": "https://team.cloudflareaccess.com/cdn-cgi/access/cli"
}
END
	echo secret | put 644 gateways/edge/cf_token
	put 644 gateways/old_metadata.json <<'END'
{ "name": "old", "gateway_endpoint": "https://127.0.0.1:8080", "is_remote": false, "gateway_port": 8080,
  "client_lifecycle_managed": true, "future": [ 1, { "a": null } ] }
END
	put 644 gateways/box/metadata.json <<'END'
{"name":"box","gateway_endpoint":"https://10.0.0.5:8080","is_remote":true,"gateway_port":8080,"remote_host":"ssh://me@box","resolved_host":"10.0.0.5"}
END
	put 644 gateways/oidc/metadata.json <<'END'
{"name":"oidc","gateway_endpoint":"https://127.0.0.1:9443","is_remote":false,"gateway_port":0,"auth_mode":"oidc",
"oidc_issuer":"https://i","oidc_client_id":"c","oidc_audience":null,"oidc_scopes":"a b","edge_team_domain":null,"client_lifecycle_managed":false}
END
	echo '{}' | put 600 gateways/oidc/oidc_token.json
	printf 'old' | put 644 active_gateway
	chmod 0700 "$config" "$config/gateways" "$config/gateways/"*/
}

files() {
	find "$config" -printf '%P %M %i\n' | sort
	find "$config" -type f -exec sha256sum {} + | sort
}

works_as_it_is() {
	given_upstream
	files >"$home/before"
	run gateway list -o json
	expect_equal '["box","edge","oidc","old"]' "$(jq -c '[.[].name]' "$out")"
	expect_equal '["remote","cloud","local","local"]' "$(jq -c '[.[].type]' "$out")"
	expect_equal '["mtls","cloudflare_jwt","oidc","mtls"]' "$(jq -c '[.[].auth]' "$out")"
	expect_equal '[false,false,false,true]' "$(jq -c '[.[].active]' "$out")"
	expect_equal '[false,false,false,false]' "$(jq -c '[.[] | has("invalid")]' "$out")"
	for name in box edge oidc old; do
		run gateway info --name "$name"
		fails test -s "$err"
	done
	run gateway info -o json
	expect_equal '["old","https://127.0.0.1:8080"]' "$(jq -c '[.name, .endpoint]' "$out")"
	expect_status 6 run gateway stop --name edge
	expect_status 6 run gateway destroy --name oidc
	run gateway stop --name old
	files | diff "$home/before" -
}

shows_and_changes_nothing() {
	given_upstream
	files >"$home/before"
	run gateway migrate
	expect_equal "box: $config/gateways/box/metadata.json gets mode 0600 instead of 0644
edge: $config/gateways/edge/cf_token gets mode 0600 instead of 0644
edge: $config/gateways/edge/metadata.json gets mode 0600 instead of 0644
oidc: $config/gateways/oidc/metadata.json gets mode 0600 instead of 0644
old: $config/gateways/old_metadata.json moves to $config/gateways/old/metadata.json" "$(sort "$out")"
	expect_err 'gateway migrate --apply'
	run gateway migrate old
	expect_out_is "old: $config/gateways/old_metadata.json moves to $config/gateways/old/metadata.json"
	run gateway migrate -o json
	expect_equal '["box","edge","oidc","old"]' "$(jq -c '[.[].name]' "$out")"
	expect_equal 1 "$(jq '.[3].changes | length' "$out")"
	run gateway migrate -o yaml
	expect_out 'name: old'
	files | diff "$home/before" -
	expect_calls </dev/null
}

applies() {
	given_upstream
	cp "$config/gateways/old_metadata.json" "$home/old"
	run gateway migrate --apply old
	expect_one_change
	cmp "$home/old" "$config/gateways/old/metadata.json"
	[ ! -e "$config/gateways/old_metadata.json" ]
	expect_mode 644 "$config/gateways/edge/cf_token"
	run gateway migrate --apply
	expect_equal 4 "$(wc -l <"$out")"
	expect_equal '' "$(find "$config/gateways" -type f ! -perm 0600 -o -type d ! -perm 0700)"
	expect_equal secret "$(cat "$config/gateways/edge/cf_token")"
	run gateway migrate --apply
	expect_out_is 'Nothing to change.'
	run gateway list -o json
	expect_equal '["box","edge","oidc","old"]' "$(jq -c '[.[].name]' "$out")"
}

expect_one_change() {
	expect_equal 1 "$(wc -l <"$out")"
}

nothing_to_migrate() {
	new_home
	run gateway migrate
	expect_out_is 'Nothing to change.'
	run gateway migrate -o json
	expect_out_is '[]'
	expect_status 3 run gateway migrate nothing
	expect_one_reason
	[ ! -e "$config" ]
}

busy() {
	given_upstream
	mkdir -m 0700 "$runtime/openshell"
	files >"$home/before"
	exec 9>"$runtime/openshell/old.lock"
	flock 9
	expect_status 4 run gateway migrate --apply old
	run gateway migrate old
	exec 9>&-
	files | diff "$home/before" -
	run gateway migrate --apply old
}

a_start_loses_nothing() {
	given_upstream
	echo mine | put 600 gateways/old/last_sandbox
	run gateway start --name old --dry-run
	expect_out "$config/gateways/old/metadata.json"
	grep -E "^rm .*$config/gateways/old_metadata.json" "$out"
	run gateway start --name old
	expect_equal '[true,[1,{"a":null}]]' "$(jq -c '[.client_lifecycle_managed, .future]' "$config/gateways/old/metadata.json")"
	[ ! -e "$config/gateways/old_metadata.json" ]
	run gateway start --name old --port 8085
	expect_equal '[8085,[1,{"a":null}]]' "$(jq -c '[.gateway_port, .future]' "$config/gateways/old/metadata.json")"
	run gateway start --name old --dry-run
	fails grep -q metadata "$out"
	run gateway destroy --name old
	[ ! -e "$config/gateways/old" ]
}

tokens_are_removed() {
	given_upstream
	run gateway remove edge
	run gateway remove oidc
	expect_equal '' "$(find "$config" -name '*token*')"
	run gateway list -o json
	expect_equal '["box","old"]' "$(jq -c '[.[].name]' "$out")"
}

main() {
	check what_upstream_left_works_without_a_step works_as_it_is
	check migrate_tells_what_would_change_and_changes_nothing shows_and_changes_nothing
	check with_apply_it_changes_that_and_no_byte_of_a_file applies
	check with_nothing_to_change_it_says_so nothing_to_migrate
	check a_gateway_that_is_busy_is_not_migrated busy
	check a_start_keeps_what_others_wrote_into_an_entry a_start_loses_nothing
	check tokens_are_removed_with_their_gateway tokens_are_removed
}

main "$@"
