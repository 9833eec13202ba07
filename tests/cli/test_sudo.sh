#!/bin/bash
# SPDX-License-Identifier: MIT
# --sudo: what a command is run as, and what becomes of the password. All hosts
# are one account, which has a file of its own in /etc/sudoers.d.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v sudo >/dev/null; then
	echo 'no sudo: skipped'
	exit 77
fi

password=$account_password
rules=/etc/sudoers.d/$SITE_ACCOUNT
trap 'rm -f "$rules"' EXIT

# Has sudo ask the account for a password each time, or not: "$1" is NOPASSWD:
# or nothing. Starts anew with "$2" hosts.
begin() {
	{
		printf 'Defaults:%s timestamp_timeout=0, logfile=%s/log\n' \
			"$SITE_ACCOUNT" "$work"
		printf '%s ALL=(ALL) %s ALL\n' "$SITE_ACCOUNT" "$1"
	} >"$work/rules"
	install -m 440 "$work/rules" "$rules"
	{
		seq -f 127.0.3.%g "${2-1}"
		printf '[defaults]\nuser=%s\nport=%s\nknown-hosts=%s\n' \
			"$SITE_ACCOUNT" "$SITE_PORT" "$SITE_KNOWN_HOSTS"
		printf 'connect-timeout=2m\nlogin-timeout=2m\n'
	} >"$work/hosts"
	printf '%s\n' "$password" >"$work/password"
	printf 'no%s\n' "$password" >"$work/wrong"
	chmod 600 "$work/password" "$work/wrong"
}

# A command on all hosts, by their login's password.
sudo_run() {
	local command=$1
	shift
	SSHOAL_PASSWORD=$password run "$command" -f "$work/hosts" "$@"
}

# How often sudo was told a wrong password.
count_wrong() {
	tr -d '\n' <"$work/log" | grep -o '[0-9]* *incorrect *password *attempt' |
		awk '{ n += $1 } END { print n + 0 }'
}

test_a_password_makes_it_root() {
	begin ''
	sudo_run run --sudo --sudo-password-file "$work/password" -- \
		'id -un; echo err >&2; cat; [ "$HOME" ] && exit 3'
	expect_status 1
	expect_out '127.0.3.1: root\n'
	expect_err_line '^127.0.3.1: err$'
	if grep -q 'sshoal [0-9a-f]\|lecture' "$work/err"; then
		fail 'more is said than the command says'
	fi
	sudo_run run --sudo=daemon --sudo-password-file "$work/password" -- \
		'id -un'
	expect_status 0
	expect_out '127.0.3.1: daemon\n'
	[ "$(cat "$work/err")" = 'sshoal: 1 ok' ] || fail 'more was said'
}

test_none_is_needed_where_sudo_wants_none() {
	begin NOPASSWD:
	sudo_run run --sudo -- 'id -un; cat'
	expect_status 0
	expect_out '127.0.3.1: root\n'
	sudo_run run --sudo --sudo-password-file "$work/wrong" -- 'id -un; cat'
	expect_status 0
	expect_out '127.0.3.1: root\n'
}

test_a_wrong_one_is_sent_once() {
	begin ''
	sudo_run run --sudo --sudo-password-file "$work/wrong" -- 'echo ran'
	expect_status 3
	expect_out ''
	expect_err_line '^sshoal: 127.0.3.1: auth: sudo refused the password'
	[ "$(count_wrong)" -eq 1 ] || fail "$(cat "$work/log")"
	sudo_run run --json --sudo --sudo-password-file "$work/wrong" -- 'echo ran'
	expect_out_line '"ran":"no"'
}

test_it_is_said_that_one_is_needed() {
	begin ''
	sudo_run run --sudo -- 'echo ran'
	expect_status 3
	expect_out ''
	expect_err_line '^sshoal: 127.0.3.1: auth: sudo asks for a password'
}

test_who_may_not_is_told_by_sudo() {
	begin ''
	echo "$SITE_ACCOUNT ALL=(daemon) NOPASSWD: ALL" >"$work/rules"
	install -m 440 "$work/rules" "$rules"
	sudo_run run --sudo --sudo-password-file "$work/password" -- 'echo ran'
	[ "$status" -ne 0 ] || fail 'it ran'
	expect_out ''
}

test_a_wrong_one_goes_to_three_hosts_only() {
	begin '' 8
	sudo_run run --sudo --sudo-password-file "$work/wrong" -- 'echo ran'
	expect_status 3
	expect_err_line '^sshoal: .*3 auth'
	expect_err_line '^sshoal: .*5 not-started'
	[ "$(count_wrong)" -eq 3 ] || fail "$(cat "$work/log")"
	sudo_run run --sudo --sudo-password-file "$work/password" -- 'echo ran'
	expect_status 0
	[ "$(wc -l <"$work/out")" -eq 8 ] || fail 'not all ran'
}

test_input_follows_the_password() {
	begin ''
	head -c 3000000 /dev/urandom >"$work/big"
	for rule in '' NOPASSWD:; do
		begin "$rule"
		sudo_run run --sudo --sudo-password-file "$work/password" \
			--stdin "$work/big" -- md5sum
		expect_status 0
		expect_out "127.0.3.1: $(md5sum <"$work/big")\n"
	done
}

test_a_terminal_shows_no_password() {
	begin ''
	sudo_run run -t --sudo --sudo-password-file "$work/password" -- \
		'test -t 0 && id -un'
	expect_status 0
	expect_out_line '^127.0.3.1: root'
	if grep -q "$password" "$work/out" "$work/err"; then
		fail 'the password is shown'
	fi
}

test_scripts_run_so_too() {
	begin ''
	printf 'echo "$(id -un) $X $PWD $1"; cat\n' >"$work/script"
	echo in >"$work/in"
	sudo_run script --sudo --sudo-password-file "$work/password" \
		--stdin "$work/in" --env X=y --cwd / -- "$work/script" arg
	expect_status 0
	expect_out '127.0.3.1: root y / arg\n127.0.3.1: in\n'
}

test_the_password_is_nowhere() {
	begin ''
	sudo_run run --json --journal "$work/journal" --sudo \
		--sudo-password-file "$work/password" -- \
		'ps -ewwo args; env; tr "\0" " " </proc/$PPID/cmdline'
	expect_status 0
	if grep -q "$password" "$work/out" "$work/err" "$work/journal"; then
		fail 'the password is there'
	fi
}

test_hosts_files_have_one_for_each() {
	begin '' 2
	sed -i "1s|\$| sudo-password-file=$work/password|" "$work/hosts"
	sudo_run run --sudo --sudo-password-file "$work/wrong" -- 'id -un'
	expect_status 3
	expect_out '127.0.3.1: root\n'
	expect_err_line '127.0.3.2: auth'
}

test_a_limit_ends_its_child() {
	local rule
	for rule in '' NOPASSWD:; do
		begin "$rule"
		sudo_run run -u 4 --kill-after 2 --sudo \
			--sudo-password-file "$work/password" -- \
			"sh -c 'sleep 86421 | cat'; :"
		expect_status 4
		expect_err_line 'timeout in run .*it was ended'
		if pgrep -u root -f '^sleep 86421' >/dev/null; then
			fail 'it is left'
		fi
	done
}

test_it_needs_what_it_goes_with() {
	begin ''
	run run -f "$work/hosts" -K -- true
	expect_status 2
	expect_err_line '^sshoal: -K and --sudo-password-file: need --sudo'
	run run -f "$work/hosts" --sudo -K --sudo-password-file x -- true
	expect_status 2
	run ping -f "$work/hosts" --sudo
	expect_status 2
	run run -f "$work/hosts" --sudo= -- true
	expect_status 2
}

run_tests
