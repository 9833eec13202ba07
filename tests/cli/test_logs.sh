#!/bin/bash
# SPDX-License-Identifier: MIT
# --output-dir: what each host says, in files.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# The names in a folder are these, and no others.
expect_names() {
	local names
	names=$(find "$1" -mindepth 1 -printf '%f\n' | sort | paste -s -d ' ')
	[ "$names" = "$2" ] || fail "files $names, expected: $2"
}

expect_file() {
	printf '%b' "$2" | cmp -s - "$1" || fail "$1, expected: $2"
}

# A member of the result in a file.
member_of() {
	/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"
}

test_each_host_has_its_files_beside_the_lines() {
	run run -f "$hosts" -w a,b --output-dir "$work/logs/today" -- \
		'printf "x\\0\\377"; echo err >&2; exit 3'
	expect_status 1
	expect_out_line '^a: x'
	expect_names "$work/logs/today" \
		'a.err a.json a.out b.err b.json b.out'
	expect_file "$work/logs/today/a.out" 'x\0000\0377'
	expect_file "$work/logs/today/b.err" 'err\n'
	[ "$(member_of "$work/logs/today/b.json" status)" = failed ]
	[ "$(member_of "$work/logs/today/b.json" exit)" = 3 ]
	[ "$(member_of "$work/logs/today/b.json" stdout_bytes)" = 3 ]
}

test_labels_are_file_names() {
	cat - "$SITE/settings" >"$work/hosts" <<X
::1 host=127.0.1.1
$SITE_USER@b:$SITE_PORT host=127.0.1.2
root@b:$SITE_PORT host=127.0.1.2
X
	run run -f "$work/hosts" -w "::1,$SITE_USER@b:$SITE_PORT,nobody@b" \
		--output none --output-dir "$work/logs" -- echo x
	expect_file "$work/logs/[::1].out" 'x\n'
	expect_file "$work/logs/$SITE_USER@b:$SITE_PORT.out" 'x\n'
}

test_a_host_that_was_not_reached_has_a_result() {
	printf '%s\n' "no host=127.0.0.1 port=$SITE_CLOSED" |
		cat - "$SITE/settings" >"$work/hosts"
	run run -f "$work/hosts" -q --output-dir "$work" -- true
	expect_status 3
	expect_file "$work/no.out" ''
	[ "$(member_of "$work/no.json" status)" = refused ]
}

test_a_run_replaces_the_files_of_its_hosts_alone() {
	run run -f "$hosts" --output-dir "$work/logs" -- echo one
	run run -f "$hosts" -w b --output-dir "$work/logs" -- echo two
	expect_file "$work/logs/a.out" 'one\n'
	expect_file "$work/logs/b.out" 'two\n'
	run run -f "$hosts" -w b --output-dir "$work/logs" --compress-logs -- \
		'seq 1000'
	[ ! -e "$work/logs/b.out" ] || fail 'what is not compressed is there'
	gzip -dc "$work/logs/b.out.gz" | cmp -s - <(seq 1000) ||
		fail 'b.out.gz is not what came'
	gzip -dc "$work/logs/b.json.gz" | grep -q '"status":"ok"'
}

test_events_and_files_are_of_one_run() {
	run run -f "$hosts" -w a --json --output-dir "$work/logs" -- 'seq 3'
	expect_status 0
	grep -q "\"run\":\"$(member_of "$work/logs/a.json" run)\"" \
		"$work/out" || fail 'another run'
	expect_file "$work/logs/a.out" '1\n2\n3\n'
	expect_out_line '"data":"1'
}

test_other_commands_have_results_too() {
	echo content >"$work/file"
	run put -f "$hosts" -w a --then 'echo then' --output-dir "$work/logs" \
		"$work/file" "$work/there"
	expect_status 0
	[ "$(member_of "$work/logs/a.json" files)" = 1 ]
	expect_file "$work/logs/a.out" 'then\n'
	run ping -f "$hosts" -w a --output-dir "$work/ping"
	expect_status 0
	expect_out_line '^a'
	[ "$(member_of "$work/ping/a.json" status)" = ok ]
}

test_a_folder_that_cannot_be_is_5_and_nothing_runs() {
	: >"$work/file"
	run run -f "$hosts" --output-dir "$work/file/logs" -- \
		"touch '$work/ran'"
	expect_status 5
	expect_err_line "^sshoal: --output-dir: .*/file/logs: Not a directory"
	[ ! -e "$work/ran" ] || fail 'it ran'
	run run -f "$hosts" --compress-logs -- true
	expect_status 2
	expect_err_line -- '--output-dir'
}

test_a_full_disk_starts_no_more_hosts_and_is_5() {
	(
		ulimit -f 64
		run run -f "$hosts" -P 1 --output none \
			--output-dir "$work/logs" -- \
			'yes | head -c 1000000' >"$work/out"
		expect_status 5
		expect_err_line '--output-dir: .*/logs/a.out: File too large'
		expect_err_line '3 not-started'
	)
	expect_names "$work/logs" ''
}

test_what_is_killed_leaves_no_half_file() {
	"$SSHOAL_PROGRAM" run -f "$hosts" -w a --output-dir "$work/logs" -- \
		'yes | head -c 200000; echo; echo begun; sleep 600' \
		>"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	until grep -q begun "$work/out" 2>"$work/grep"; do
		read -r -t 0.05 _ <> <(:) || :
	done
	kill -9 "$pid"
	wait "$pid" 2>"$work/wait" || :
	[ -z "$(ls "$work/logs")" ] || fail 'a file has its name'
}

test_hosts_that_are_not_ok_are_listed() {
	sed '1i closed host=127.0.1.9 port=1' "$SITE/hosts" >"$work/hosts"
	run run -f "$work/hosts" -w closed,a,b --failed-to "$work/new/list" \
		-- 'case $SSH_CONNECTION in *127.0.1.2*) exit 4;; esac'
	expect_status 3
	printf 'closed\nb\n' | cmp - "$work/new/list" || fail 'the list'
	status=0
	"$SSHOAL_PROGRAM" hosts -f "$work/hosts" -w - <"$work/new/list" \
		>"$work/out" 2>"$work/err" || status=$?
	expect_status 0
	expect_out 'closed\nb\n'
	run run -f "$work/hosts" -w a --failed-to "$work/new/list" -- true
	expect_status 0
	cmp -s /dev/null "$work/new/list" || fail 'it is not empty'
	[ "$(ls "$work/new")" = list ] || fail 'something is left'
	run run -f "$work/hosts" -w closed -q --failed-to /dev/stdout -- true
	expect_status 3
	expect_out 'closed\n'
	run run -f "$work/hosts" -w a --failed-to "$work/new" -- true
	expect_status 5
	expect_err_line "^sshoal: --failed-to $work/new: Is a directory"
	run run -f "$work/hosts" -w a --failed-to "$work/new/list/x" -- true
	expect_status 5
}

run_tests
