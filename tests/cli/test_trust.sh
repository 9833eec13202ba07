#!/bin/bash
# SPDX-License-Identifier: MIT
# trust: what is known afterwards, to us and to ssh-keygen, and what is left
# alone.

# Functions are called by their names.
# shellcheck disable=SC2317

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

terminal=$(dirname "$0")/at_terminal
known=$HOME/.ssh/known_hosts

# The key types that the libssh2 in use has: 1.10 has no RSA that servers take.
types='ed25519 ecdsa'
if ! "$SSHOAL_PROGRAM" --version | grep -q 'libssh2 1\.10'; then
	types="$types rsa"
fi
# shellcheck disable=SC2086 # words
type_count=$(echo $types | wc -w)

# The fingerprint of a server's key, or of another file's. $1: its type.
print_of() {
	ssh-keygen -l -f "${2-$SITE_HOST_KEYS/$1.pub}" | cut -d' ' -f2
}

# A line of output, as it is: fingerprints may hold what is a pattern.
expect_text() {
	grep -qxF -e "$1" "$work/out" || fail "no line of output is $1"
}

# A hosts file of $1 hosts from 127.0.2.1 on; $2 says more of the last.
make_hosts() {
	{
		seq -f 127.0.2.%g "$1" | sed "\$s/\$/ ${2-}/"
		printf '[defaults]\nuser=%s\nport=%s\nkey=%s\n' \
			"$SITE_USER" "$SITE_PORT" "$SITE_KEY"
		printf 'connect-timeout=2m\nlogin-timeout=2m\n'
	} >"$work/hosts"
	rm -rf "$HOME/.ssh"
}

# A key that no server has; $work/KIND.pub. $1: its type.
make_other() {
	ssh-keygen -q -t "$1" -N '' -C '' -f "$work/$1"
}

# Whether ssh-keygen knows the server's keys of a host, and no others. $1: the
# host, $2: the file.
expect_known() {
	local type
	ssh-keygen -F "[$1]:$SITE_PORT" -l -f "${2-$known}" |
		grep -v '^#' >"$work/filed" || fail "$1 is not known"
	for type in $types; do
		grep -q " $(print_of "$type")\$" "$work/filed" ||
			fail "$1: its $type key is not known"
	done
	[ "$(wc -l <"$work/filed")" -eq "$type_count" ] ||
		fail "$1: not $type_count keys are known"
}

expect_unknown() {
	[ -z "$(ssh-keygen -F "[$1]:$SITE_PORT" -f "${2-$known}")" ] ||
		fail "$1 is known"
}

test_unknown_keys_are_taken_and_a_login_works() {
	make_hosts 20
	run ping -f "$work/hosts"
	expect_status 3
	run trust -f "$work/hosts" --yes
	expect_status 0
	expect_out_line '^added: 127\.0\.2\.1,.*127\.0\.2\.20 \(20 hosts\)$'
	expect_text "  ED25519 $(print_of ed25519)"
	expect_text "  ECDSA $(print_of ecdsa)"
	expect_out_line "wrote $((20 * type_count)) keys of 20 hosts to "
	expect_err 'sshoal: 20 ok\n'
	expect_known 127.0.2.1
	expect_known 127.0.2.20
	[ "$(stat -c %a "$known")" = 600 ] || fail 'others can read it'
	run ping -f "$work/hosts"
	expect_status 0
	cp "$known" "$work/before"
	run trust -f "$work/hosts" --yes
	expect_status 0
	expect_out_line '^known: 127.*\(20 hosts\)$'
	cmp -s "$known" "$work/before" || fail 'it was written again'
}

test_ssh_logs_in_by_any_of_the_keys() {
	local type algorithm
	make_hosts 1
	run trust -f "$work/hosts" --yes
	expect_status 0
	for type in $types; do
		algorithm=ssh-ed25519
		[ "$type" = ecdsa ] && algorithm=ecdsa-sha2-nistp256
		[ "$type" = rsa ] && algorithm=rsa-sha2-512
		ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes \
			-o UserKnownHostsFile="$known" -i "$SITE_KEY" \
			-o HostKeyAlgorithms="$algorithm" -p "$SITE_PORT" \
			-l "$SITE_USER" 127.0.2.1 true 2>"$work/err" ||
			fail "ssh does not by $type"
	done
}

test_check_writes_nothing() {
	make_hosts 3
	run trust -f "$work/hosts" --check
	expect_status 3
	expect_out_line '^unknown: 127.*\(3 hosts\)$'
	expect_err_line '3 host-key-unknown'
	[ ! -e "$known" ] || fail 'it was written'
	run trust -f "$work/hosts" --yes
	run trust -f "$work/hosts" --check
	expect_status 0
	expect_out_line '^known: '
}

# Puts a wrong key of each type for 127.0.2.1 among other lines.
file_changed() {
	mkdir -p "$HOME/.ssh"
	make_other ed25519
	{
		printf '# a comment\n\n  odd line \t\n'
		echo "[127.0.2.1]:$SITE_PORT,alias $(cat "$work/ed25519.pub")"
		printf 'other %s' "$(cat "$work/ed25519.pub")"
	} >"$known"
	chmod 640 "$known"
	cp "$known" "$work/before"
}

test_a_changed_key_is_never_taken_by_yes() {
	make_hosts 3
	file_changed
	run trust -f "$work/hosts" --yes
	expect_status 3
	expect_out_line '^CHANGED: 127\.0\.2\.1$'
	expect_text "  ED25519 $(print_of ed25519) (CHANGED, on file is $(print_of ed25519 "$work/ed25519.pub"))"
	expect_err_line '2 ok, 1 host-key-changed'
	expect_err_line 'HOST KEY CHANGED for 127\.0\.2\.1'
	expect_known 127.0.2.2
	expect_known 127.0.2.3
	# What was there is as it was; the last line is ended.
	head -n 5 "$known" >"$work/after"
	echo >>"$work/before"
	cmp -s "$work/before" "$work/after" || fail 'lines were changed'
	run ping -f "$work/hosts"
	expect_err_line '2 ok, 1 host-key-changed'
}

test_replace_takes_the_changed_keys_of_its_hosts() {
	make_hosts 3
	file_changed
	run trust -f "$work/hosts" --yes --replace 127.0.2.1
	expect_status 0
	expect_out_line '^replaced: 127\.0\.2\.1$'
	for host in 1 2 3; do
		expect_known "127.0.2.$host"
	done
	# The line keeps its other name, and the others are as they were.
	{
		printf '# a comment\n\n  odd line \t\n'
		echo "alias $(cat "$work/ed25519.pub")"
		printf 'other %s\n' "$(cat "$work/ed25519.pub")"
	} >"$work/before"
	head -n 5 "$known" >"$work/after"
	cmp -s "$work/before" "$work/after" || fail 'lines were changed'
	[ "$(stat -c %a "$known")" = 640 ] || fail 'the mode was changed'
	run ping -f "$work/hosts"
	expect_status 0
}

test_replace_names_hosts_that_are_named() {
	make_hosts 3
	run trust -f "$work/hosts" --yes --replace 127.0.2.9
	expect_status 2
	expect_err_line 'replace: 127\.0\.2\.9'
	[ ! -e "$known" ] || fail 'it was written'
	# Without others it says which hosts are meant.
	run trust --yes --replace "127.0.2.1:$SITE_PORT"
	expect_status 0
	expect_known 127.0.2.1
}

test_a_key_of_another_type_alone_is_changed() {
	make_hosts 1
	mkdir -p "$HOME/.ssh"
	ssh-keygen -q -t ecdsa -b 521 -N '' -C '' -f "$work/other"
	echo "[127.0.2.1]:$SITE_PORT $(cat "$work/other.pub")" >"$known"
	run trust -f "$work/hosts" --yes
	expect_status 3
	expect_err_line '1 host-key-changed'
	[ "$(wc -l <"$known")" -eq 1 ] || fail 'it was written'
	# Beside one that it has shown, the others are new.
	echo "[127.0.2.1]:$SITE_PORT $(cat "$SITE_HOST_KEYS/ecdsa.pub")" \
		>"$known"
	run trust -f "$work/hosts" --yes
	expect_status 0
	expect_out_line '^  ECDSA .* \(known\)$'
	expect_known 127.0.2.1
}

test_revoked_keys_and_authorities_are_never_ok() {
	make_hosts 1
	mkdir -p "$HOME/.ssh"
	echo "@revoked * $(cat "$SITE_HOST_KEYS/ecdsa.pub")" >"$known"
	run trust -f "$work/hosts" --yes --replace 127.0.2.1
	expect_status 3
	expect_out_line '^REVOKED: 127\.0\.2\.1$'
	expect_err_line '1 host-key-revoked'
	[ "$(wc -l <"$known")" -eq 1 ] || fail 'it was written'
	make_other ed25519
	echo "@cert-authority * $(cat "$work/ed25519.pub")" >"$known"
	run trust -f "$work/hosts" --check
	expect_status 3
	expect_err_line '1 host-key-unknown'
}

test_remove_contacts_nobody_and_leaves_the_rest() {
	make_hosts 3 "port=$SITE_CLOSED"
	file_changed
	cp "$known" "$work/first"
	run trust -f "$work/hosts" -w 127.0.2.2 --yes
	run trust -f "$work/hosts" --remove
	expect_status 0
	expect_out_line '^removed: 127\.0\.2\.1$'
	expect_out_line '^removed: 127\.0\.2\.2$'
	expect_out_line '^no key on file: 127\.0\.2\.3$'
	expect_unknown 127.0.2.1
	expect_unknown 127.0.2.2
	sed "s/^\[127[^,]*,//" "$work/first" >"$work/expected"
	echo >>"$work/expected"
	cmp -s "$work/expected" "$known" || fail 'other lines were changed'
}

test_names_are_hashed_on_request() {
	make_hosts 3
	run trust -f "$work/hosts" --yes --hash
	expect_status 0
	! grep -q 127 "$known" || fail 'a name can be read'
	[ "$(grep -c '^|1|' "$known")" -eq $((3 * type_count)) ] ||
		fail 'not all names are hashed'
	for host in 1 2 3; do
		expect_known "127.0.2.$host"
	done
	run trust -f "$work/hosts" --check
	expect_status 0
	run trust -f "$work/hosts" -w 127.0.2.2 --remove
	expect_status 0
	expect_unknown 127.0.2.2
	expect_known 127.0.2.1
	expect_known 127.0.2.3
}

test_hosts_that_are_not_reached_have_their_class() {
	make_hosts 3 "port=$SITE_CLOSED"
	printf 'no-such-host.invalid\nsilent host=127.0.0.1 port=%s connect-timeout=1s\n' \
		"$SITE_SILENT" | cat - "$work/hosts" >"$work/more"
	run trust -f "$work/more" --yes --json
	expect_status 3
	/usr/bin/python3 - "$work/out" "$type_count" <<'END' || fail 'events'
import json, sys

events = [json.loads(line) for line in open(sys.argv[1])]
results = {e["host"]: e for e in events if e["event"] == "result"}
status = {host: e["status"] for host, e in results.items()}
assert status == {
    "no-such-host.invalid": "dns", "silent": "connect-timeout",
    "127.0.2.1": "ok", "127.0.2.2": "ok", "127.0.2.3": "refused"}, status
keys = results["127.0.2.1"]["keys"]
assert len(keys) == int(sys.argv[2]), keys
for key in keys:
    assert key["state"] == "added" and key["on_file"] is None
    assert key["fingerprint"].startswith("SHA256:")
assert results["127.0.2.3"]["keys"] == []
assert all(e["ran"] == "no" for e in results.values())
END
	expect_known 127.0.2.1
	expect_known 127.0.2.2
}

# Answers the question with $1.
ask() {
	status=0
	"$terminal" "$work/out" "$work/err" --type '(yes/no) ' "$1" -- \
		"$SSHOAL_PROGRAM" trust -f "$work/hosts" \
		>"$work/terminal" || status=$?
}

test_it_asks_once_and_heeds_the_answer() {
	make_hosts 3
	ask no
	expect_status 3
	expect_text "  ED25519 $(print_of ed25519)"
	[ "$(grep -c 'yes/no' "$work/terminal")" -eq 1 ] || fail 'not once'
	grep -q "$((3 * type_count)) keys of 3 hosts" "$work/terminal" ||
		fail 'it is not said how many'
	[ ! -e "$known" ] || fail 'it was written'
	ask yes
	expect_status 0
	expect_known 127.0.2.3
}

test_an_interrupt_writes_nothing() {
	make_hosts 3
	ask "$(printf '\003')"
	expect_status 130
	[ ! -e "$known" ] || fail 'it was written'
	# While keys are collected, of which some are there already.
	printf 'silent host=127.0.0.1 port=%s connect-timeout=0\n' \
		"$SITE_SILENT" | cat - "$work/hosts" >"$work/more"
	mkfifo "$work/fifo"
	env --default-signal=INT "$SSHOAL_PROGRAM" trust -f "$work/more" \
		--yes -v >"$work/out" 2>"$work/fifo" </dev/null &
	local pid=$! line=
	exec 7<"$work/fifo"
	until [ "$line" = 'sshoal: silent: kex' ]; do
		read -r line <&7
	done
	kill -INT "$pid"
	cat <&7 >"$work/err"
	exec 7<&-
	status=0
	wait "$pid" || status=$?
	expect_status 130
	expect_err_line 'silent: cancelled'
	[ ! -e "$known" ] || fail 'it was written'
}

test_without_a_terminal_nobody_is_contacted() {
	make_hosts 1
	status=0
	setsid -w "$SSHOAL_PROGRAM" trust -f "$work/hosts" -vv \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	expect_err_line 'there is no terminal'
	refuse_err_line 'kex'
}

test_a_file_that_cannot_be_written_is_5() {
	make_hosts 3
	: >"$work/file"
	run trust -f "$work/hosts" --yes --known-hosts "$work/no/known_hosts"
	expect_status 5
	expect_err_line '3 local'
	expect_err_line "$work/no/known_hosts"
	if [ "$(id -u)" -ne 0 ]; then
		chmod 400 "$work/file"
		run trust -f "$work/hosts" --yes --known-hosts "$work/file"
		expect_status 5
		[ ! -s "$work/file" ] || fail 'it was written'
	fi
}

test_two_at_a_time_write_each_line_once() {
	local first second
	make_hosts 30
	"$SSHOAL_PROGRAM" trust -f "$work/hosts" --yes >"$work/one" 2>&1 &
	first=$!
	"$SSHOAL_PROGRAM" trust -f "$work/hosts" --yes >"$work/two" 2>&1 &
	second=$!
	wait "$first" || fail "the first: $(cat "$work/one")"
	wait "$second" || fail "the second: $(cat "$work/two")"
	[ "$(wc -l <"$known")" -eq $((30 * type_count)) ] ||
		fail 'lines are missing, or twice there'
	expect_known 127.0.2.1
	expect_known 127.0.2.30
}

test_a_refusal_names_what_helps() {
	make_hosts 1
	run ping -f "$work/hosts"
	sed -n 's/.*add it with: sshoal \(.*\) (compare.*/\1/p' "$work/err" \
		>"$work/words"
	[ -s "$work/words" ] || fail 'no command'
	# shellcheck disable=SC2046 # words
	run $(cat "$work/words") --yes
	expect_status 0
	run ping -f "$work/hosts"
	expect_status 0
	make_other ed25519
	echo "[127.0.2.1]:$SITE_PORT $(cat "$work/ed25519.pub")" >"$known"
	run ping -f "$work/hosts"
	expect_status 3
	sed -n 's/.*replace the key: sshoal \(.*\)/\1/p' "$work/err" \
		>"$work/words"
	[ -s "$work/words" ] || fail 'no command'
	# shellcheck disable=SC2046 # words
	run $(cat "$work/words") --yes
	expect_status 0
	run ping -f "$work/hosts"
	expect_status 0
}

test_options_that_exclude_each_other() {
	local words
	make_hosts 1
	for words in '--check --yes' '--check --replace x' '--remove --yes' \
		'--remove --check' '-i key' '-u 3' '-k'; do
		# shellcheck disable=SC2086 # words
		run trust -f "$work/hosts" $words
		expect_status 2
		expect_out ''
	done
	run --remove trust -f "$work/hosts"
	expect_status 2
	expect_err_line 'write it after the command'
}

run_tests
