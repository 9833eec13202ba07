#!/bin/bash
# SPDX-License-Identifier: MIT
# Batches: who goes when, when it stops, and what checks say.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

expect_line() {
	grep -qF -- "$1" "$work/$2" || fail "no \"$1\" in standard $2"
}

test_dry_run_shows_the_batches() {
	run run -f "$hosts" --dry-run --canary 1 --serial 50% -- true
	expect_status 0
	expect_out '4 hosts: a,b,c,d\nbatch 1, 1 host: a\nbatch 2, 2 hosts: b,c\nbatch 3, 1 host: d\ncommand: true\n'
}

test_a_batch_begins_when_the_one_before_is_over() {
	run run -f "$hosts" --serial 2 -- "echo >>$work/began
		until [ \$(wc -l <$work/began) -ge 2 ]; do sleep 0.05; done
		wc -l <$work/began"
	expect_status 0
	[ "$(sed -n 's/^[ab]: //p' "$work/out" | sort -u)" = 2 ] ||
		fail 'the second batch began too early'
}

test_one_that_fails_stops_the_rest() {
	run run -f "$hosts" --serial 1 --json -- 'case $SSH_CONNECTION in *127.0.1.2\ *) exit 3 ;; esac'
	expect_status 4
	[ "$(grep -c '"status": *"ok".*"batch": *1' "$work/out")" -eq 1 ] || fail a
	[ "$(grep -c '"status": *"failed".*"batch": *2' "$work/out")" -eq 1 ] || fail b
	[ "$(grep -c '"status": *"not-started"' "$work/out")" -eq 2 ] || fail c, d
}

test_so_many_may_fail() {
	run run -f "$hosts" -P 1 --max-fail 1 --output none -- false
	expect_status 4
	expect_line '2 failed, 2 not-started' err
	expect_line 'more than 1 host ended other than ok' err
	run run -f "$hosts" --serial 1 --max-fail 100% --output none -- false
	expect_status 1
}

test_hosts_that_cannot_begin_hold_nothing_up() {
	printf '%s\n' nowhere 'e host=127.0.1.5' |
		cat - "$SITE/settings" >"$work/hosts"
	printf 'Host nowhere\nRevokedHostKeys /dev/null\n' >"$work/config"
	run run -f "$work/hosts" -F "$work/config" --serial 1 --max-fail 1 --output none -- true
	expect_status 5
	expect_line '1 ok, 1 local' err
}

test_a_check_is_tried_again() {
	run run -f "$hosts" -w a --check "echo >>$work/tries; [ \$(wc -l <$work/tries) -ge 2 ]" -- true
	expect_status 0
}

test_a_check_that_fails_is_told() {
	run run -f "$hosts" --serial 2 --check 'echo not there >&2; exit 3' --check-timeout 1ms --output none -- true
	expect_status 4
	expect_line '2 check-failed, 2 not-started' err
	run run -f "$hosts" -w a --check 'echo not there >&2; exit 3' --check-timeout 5 --output none -- true
	expect_status 1
	expect_line 'a: check-failed: check: exit status 3: not there' err
}

test_a_check_is_for_hosts_that_are_ok() {
	run run -f "$hosts" -w a --check "touch $work/checked" --output none -- false
	expect_status 1
	[ ! -e "$work/checked" ] || fail 'it was checked'
}

test_a_check_outlives_the_connection() {
	run run -f "$hosts" -w a --check "[ -e $work/gone ] && [ \"\$(cat $work/gone)\" != \$PPID ] || { echo \$PPID >$work/gone; kill -9 \$PPID; }" -- true
	expect_status 0
}

test_files_and_scripts_are_checked() {
	echo contents >"$work/file"
	echo "touch $work/ran" >"$work/script"
	run put -f "$hosts" -w a --check "grep contents $work/there" "$work/file" "$work/there"
	expect_status 0
	run get -f "$hosts" -w a --check false --check-timeout 1ms "$work/there" "$work/here"
	expect_status 1
	run script -f "$hosts" -w a --check "test -e $work/ran" "$work/script"
	expect_status 0
}

test_the_check_here_is_one_of_the_batch() {
	run run -f "$hosts" --serial 2 --check-local "echo >>$work/here" --output none -- true
	expect_status 0
	[ "$(wc -l <"$work/here")" -eq 2 ] || fail 'not once a batch'
	run run -f "$hosts" --serial 2 --check-local 'exit 4' --check-timeout 1 --output none -- true
	expect_status 4
	expect_line '2 check-failed, 2 not-started' err
	expect_line 'check-failed: the local check: exit status 4' err
}

test_a_deadline_ends_a_check() {
	run run -f "$hosts" -w a --check false --deadline 3 --output none -- true
	expect_status 4
	expect_line '1 timeout' err
	run run -f "$hosts" -w a --check-local 'sleep 600' --deadline 3 --output none -- true
	expect_status 4
	expect_line '1 timeout' err
}

run_tests
