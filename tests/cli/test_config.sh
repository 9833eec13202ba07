#!/bin/bash
# SPDX-License-Identifier: MIT
# ssh_config and -o from the outside.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

export SHELL=/bin/sh

# Everything that a login needs is in here, and nowhere else.
cat >"$SITE/config" <<EOF
Host web* db*
	Port $SITE_PORT
	User $SITE_USER
	IdentityFile $SITE_KEY
	UserKnownHostsFile $SITE_KNOWN_HOSTS
	ConnectTimeout 2m
Host web1
	HostName 127.0.1.1
Host web2
	HostName 127.0.1.2
Host db*
	HostName 127.0.1.3
EOF

test_a_file_is_all_it_takes() {
	run run -F "$SITE/config" -w web1,web2 -- \
		'echo $SSH_CONNECTION | cut -d" " -f3'
	expect_status 0
	expect_sorted_out 'web1: 127.0.1.1\nweb2: 127.0.1.2\n'
}

test_the_users_file_is_read_by_itself() {
	mkdir -p "$HOME/.ssh"
	cp "$SITE/config" "$HOME/.ssh/config"
	chmod 600 "$HOME/.ssh/config"
	run run -w db1 -- 'echo $SSH_CONNECTION | cut -d" " -f3'
	rm "$HOME/.ssh/config"
	expect_status 0
	expect_out 'db1: 127.0.1.3\n'
	run run -F none -w db1.invalid -- true
	expect_status 3
}

test_options_come_in_their_order() {
	# A hosts file is stronger than ssh_config, -o than a hosts file, the
	# program's own option than -o, and the first -o than the second.
	echo "web1 port=1" >"$work/hosts"
	run ping -F "$SITE/config" -f "$work/hosts" --output none
	expect_status 3
	run ping -F "$SITE/config" -f "$work/hosts" -o "Port=$SITE_PORT" \
		-o Port=2 --output none
	expect_status 0
	run ping -F "$SITE/config" -f "$work/hosts" -o Port=1 \
		-p "$SITE_PORT" --output none
	expect_status 0
	run ping -F "$SITE/config" -o Port=1 -w "web1:$SITE_PORT" --output none
	expect_status 0
	run run -F "$SITE/config" -o User=nobody-at-all -w web1 -- true
	expect_err_line 'auth'
	run run -F "$SITE/config" -o User=nobody-at-all -l "$SITE_USER" \
		-w web1 -- true
	expect_status 0
}

test_what_is_wrong_contacts_nothing() {
	echo 'Nonsense yes' >"$work/config"
	run ping -F "$work/config" -w web1
	expect_status 2
	expect_err_line 'config:1: nonsense: OpenSSH knows no such option'
	run ping -F none -o Nonsense=yes -w web1
	expect_status 2
	expect_err_line '-o Nonsense=yes: nonsense'
	run ping -F none -o IgnoreUnknown=Non* -o Nonsense=yes \
		-w 127.0.0.1:1 --output none
	expect_status 3
	run ping -F none -o 'Match=all' -w web1
	expect_status 2
	echo 'IdentityFile %z' >"$work/config"
	run ping -F "$work/config" -w web1
	expect_status 2
}

test_what_weakens_a_check_fails_its_hosts_alone() {
	{
		printf 'Host web2\nRevokedHostKeys /r\n'
		cat "$SITE/config"
	} >"$work/config"
	run run -F "$work/config" -w web1,web2 -- echo hi
	expect_status 5
	expect_out 'web1: hi\n'
	expect_err_line 'web2: local.*RevokedHostKeys'
}

test_what_has_no_effect_is_listed_once() {
	{
		printf 'ForwardX11 yes\n'
		cat "$SITE/config"
	} >"$work/config"
	run run -v -F "$work/config" -w web1,web2 -- true
	expect_status 0
	[ "$(grep -c 'ForwardX11 has no effect' "$work/err")" -eq 1 ] ||
		fail 'once'
	run run -F "$work/config" -w web1,web2 -- true
	refuse_err_line ForwardX11
}

test_commands_see_names_and_are_run_for_many_at_a_time() {
	# Each waits for the other: one after the other would never end.
	mkfifo "$work/pipe"
	{
		printf 'Match host web1 exec "echo %%n >%s"\n' "$work/pipe"
		printf 'Port 1\n'
		printf 'Match host web2 exec "test $(cat %s) = web1"\n' \
			"$work/pipe"
		printf 'Port 2\n'
		cat "$SITE/config"
	} >"$work/config"
	run ping -F "$work/config" -w web1,web2 --output none
	expect_status 3
	expect_err_line 'web1: .*port 1'
	expect_err_line 'web2: .*port 2'
}

test_names_that_could_be_commands_are_refused() {
	{
		printf 'Match exec "touch %s/%%n %s/%%r"\nPort 1\n' "$work" \
			"$work"
		cat "$SITE/config"
	} >"$work/config"
	mkdir "$work/empty"
	for name in 'a;b' 'a$(id)' 'a`id`' "a'b" 'a b' '-x'; do
		printf 'h host="%s"\n' "$name" >"$work/hosts"
		run ping -F "$work/config" -f "$work/hosts"
		expect_status 2
	done
	for name in 'a;b' 'a`id`' "a'b" -x "a\\"; do
		run ping -F "$work/config" -l "$name" -w web1
		expect_status 2
		run ping -F "$work/config" -o "User=$name" -w web1
		expect_status 2
	done
	[ "$(find "$work" -name 'a*' | wc -l)" -eq 0 ] || fail 'a file was made'
}

test_families() {
	run ping -6 -F "$SITE/config" -w web1
	expect_status 3
	expect_err_line 'AddressFamily'
	run ping -4 -F "$SITE/config" -w web1 --output none
	expect_status 0
}

test_loose_checking_is_said_once() {
	run ping -F "$SITE/config" -o StrictHostKeyChecking=no -w web1,web2 \
		--output none
	expect_status 0
	[ "$(grep -c 'StrictHostKeyChecking no' "$work/err")" -eq 1 ] ||
		fail 'once'
}

run_tests
