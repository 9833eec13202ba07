#!/bin/bash
# SPDX-License-Identifier: MIT
# put, get and script: what arrives, what is said of it, and that nothing is
# left.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# A tree in $work/tree.
make_tree() {
	mkdir -p "$work/tree/sub/empty" "$work/tree/sub/deep"
	printf 'one\n' >"$work/tree/one"
	: >"$work/tree/sub/nothing"
	head -c 300000 /dev/urandom >"$work/tree/sub/deep/bytes"
	printf 'x' >"$work/tree/sub/a b'c"
	chmod 600 "$work/tree/one"
	ln -s one "$work/tree/link"
}

# A hosts file of twenty hosts, all of them the one server.
make_hosts() {
	local i
	for i in $(seq -w 1 20); do
		printf 'h%s host=127.0.2.%d\n' "$i" "$((10#$i))"
	done | cat - "$SITE/settings" >"$work/hosts"
}

# Writes a script to $work/s.sh whose first line of output is its own path.
make_script() {
	printf '#!/bin/sh\necho "$0"\n%s\n' "$1" >"$work/s.sh"
}

# Nothing is left of the scripts whose paths came, with the label before them,
# in $work/out.
expect_nothing_left() {
	local path count=0
	while read -r path; do
		count=$((count + 1))
		! [ -e "${path%/*}" ] || fail "$path is left"
	done < <(sed -n 's/^[^:]*: \(.*\/\.sshoal-[0-9a-f]\{16\}\/.*\)/\1/p' \
		"$work/out")
	[ "$count" -eq "$1" ] || fail "$count scripts ran, expected $1"
}

test_put_a_file_to_twenty_hosts() {
	make_tree
	make_hosts
	mkdir "$work/there"
	run put -f "$work/hosts" "$work/tree/sub/deep/bytes" "$work/there/"
	expect_status 0
	[ "$(grep -Ec '^h[0-9]+: 1 file, 1 changed, 293\.0 KB in [0-9.]+ s$' \
		"$work/out")" -eq 20 ] || fail 'not twenty lines'
	expect_err_line '^sshoal: 20 ok$'
	cmp "$work/tree/sub/deep/bytes" "$work/there/bytes" || fail 'bytes'
	[ "$(ls -A "$work/there")" = bytes ] || fail 'something is left'
}

test_put_under_another_name() {
	make_tree
	run put -f "$hosts" -w a --mode 0640 "$work/tree/one" "$work/new name"
	expect_status 0
	cmp "$work/tree/one" "$work/new name" || fail 'bytes'
	[ "$(stat -c %a "$work/new name")" = 640 ] || fail 'mode'
}

test_put_a_tree() {
	make_tree
	mkdir "$work/there"
	run put -f "$hosts" -w a -r --preserve "$work/tree" "$work/there"
	expect_status 0
	diff -r --no-dereference "$work/tree" "$work/there/tree" ||
		fail 'the trees differ'
	[ "$(stat -c '%a %Y' "$work/tree/one")" = \
		"$(stat -c '%a %Y' "$work/there/tree/one")" ] ||
		fail 'mode or time'
	run put -f "$hosts" -w a -r --preserve --skip-unchanged "$work/tree" \
		"$work/there"
	expect_status 0
	expect_out_line '^a: [0-9]+ files, 0 changed, 0 B in '
}

test_put_says_which_files_changed() {
	make_tree
	mkdir "$work/there"
	run put -f "$hosts" -w a -v "$work/tree/one" "$work/there/"
	expect_status 0
	expect_err_line "^a: $work/there/one: changed\$"
}

test_owners_have_names_and_numbers() {
	local user group
	make_tree
	user=$(id -un) group=$(id -gn)
	# Only root can give files away.
	[ "$(id -u)" -ne 0 ] || user=daemon group=mail
	run put -f "$hosts" -w a --owner "$user:$group" "$work/tree/one" \
		"$work/named"
	expect_status 0
	[ "$(stat -c %U:%G "$work/named")" = "$user:$group" ] || fail 'names'
	run put -f "$hosts" -w a --owner "$(id -u "$user")" "$work/tree/one" \
		"$work/numbered"
	expect_status 0
	[ "$(stat -c %U "$work/numbered")" = "$user" ] || fail 'numbers'
	run get -f "$hosts" -w a --owner "$user:$group" "$work/named" \
		"$work/got"
	expect_status 0
	[ "$(stat -c %U:%G "$work/got/a/named")" = "$user:$group" ] ||
		fail 'names here'
}

test_owners_that_nobody_knows_are_told() {
	make_tree
	run put -f "$hosts" -w a --owner no-such-user "$work/tree/one" \
		"$work/there"
	expect_status 1
	expect_err_line 'owner: the host knows no user "no-such-user"$'
	run put -f "$hosts" -w a --owner "$(id -un):no-such-group" \
		"$work/tree/one" "$work/there"
	expect_status 1
	expect_err_line 'owner: the host knows no group "no-such-group"$'
	[ ! -e "$work/there" ] || fail 'it was put'
	run get -f "$hosts" -w a --owner no-such-user "$work/tree/one" \
		"$work/there"
	expect_status 2
	expect_err_line 'owner: this machine knows no user "no-such-user"$'
	run put -f "$hosts" -w a --owner 'a b' "$work/tree/one" "$work/there"
	expect_status 2
	expect_err_line 'owner "a b": write USER or USER:GROUP'
}

test_a_failed_file_does_not_stop_the_others() {
	make_tree
	mkdir -p "$work/there/one"
	run put -f "$hosts" -w a,b "$work/tree/one" \
		"$work/tree/sub/deep/bytes" "$work/there/"
	expect_status 1
	cmp "$work/tree/sub/deep/bytes" "$work/there/bytes" || fail 'bytes'
	expect_err_line "^a: $work/there/one: "
	expect_err_line "^b: $work/there/one: "
	expect_err_line '^sshoal: 2 transfer$'
}

test_then_runs_where_something_changed() {
	make_tree
	mkdir "$work/there"
	run put -f "$hosts" -w a --then 'echo then; exit 7' "$work/tree/one" \
		"$work/there/"
	expect_status 1
	expect_out_line '^a: then$'
	expect_err_line '^sshoal: a: failed: exit status 7$'
	run put -f "$hosts" -w a -S --then 'exit 7' --mode 600 \
		"$work/tree/one" "$work/there/two"
	expect_status 7
	run put -f "$hosts" -w a --preserve "$work/tree/one" "$work/there/"
	expect_status 0
	run put -f "$hosts" -w a --skip-unchanged --then 'exit 7' \
		"$work/tree/one" "$work/there/"
	expect_status 0
}

test_what_is_wrong_here_contacts_nobody() {
	local word
	make_tree
	mkdir -p "$work/other" "$work/there"
	: >"$work/other/one"
	: >"$work/unreadable"
	for word in "$work/no-such" "$work/tree" \
		"$work/tree/one $work/other/one"; do
		# shellcheck disable=SC2086 # words
		run put -f "$hosts" -v $word "$work/there/"
		expect_status 2
		expect_out ''
		refuse_err_line 'connect'
	done
	run get -f "$hosts" -v /a/x /b/x "$work/there"
	expect_status 2
	refuse_err_line 'connect'
	run script -f "$hosts" -v "$work/no-such.sh"
	expect_status 2
	expect_err_line 'no-such.sh'
	refuse_err_line 'connect'
}

test_a_transfer_without_time_is_4() {
	head -c 4000000 /dev/zero >"$work/big"
	mkdir "$work/there"
	run put -f "$hosts" -w a -u 1 --bwlimit 100K "$work/big" "$work/there/"
	expect_status 4
	expect_err_line '^sshoal: a: timeout in run'
	[ -z "$(ls -A "$work/there")" ] || fail 'something is left'
}

test_one_rate_is_for_all_hosts() {
	local began
	head -c 100000 /dev/zero >"$work/big"
	mkdir "$work/there"
	began=$(date +%s%N)
	run put -f "$hosts" --bwlimit 200K "$work/big" "$work/there/"
	expect_status 0
	# 400 KB at 200 KiB a second, of which some may go at once.
	[ $(($(date +%s%N) - began)) -gt 800000000 ] || fail 'too fast'
}

test_get_a_tree_from_every_host() {
	make_tree
	run get -f "$hosts" -r --preserve "$work/tree" "$work/here"
	expect_status 0
	for host in a b c d; do
		diff -r --no-dereference "$work/tree" "$work/here/$host/tree" ||
			fail "the tree of $host differs"
	done
	expect_out_line '^d: [0-9]+ files, [0-9]+ changed, 293\.0 KB in '
	[ "$(stat -c '%a %Y' "$work/tree/one")" = \
		"$(stat -c '%a %Y' "$work/here/a/tree/one")" ] ||
		fail 'mode or time'
}

test_get_what_a_pattern_matches() {
	make_tree
	run get -f "$hosts" -w a "$work/tree/o*" "$work/here"
	expect_status 0
	[ "$(ls "$work/here/a")" = one ] || fail 'not one alone'
	run get -f "$hosts" -w a --parents "$work/tree/o*" "$work/whole"
	expect_status 0
	cmp "$work/tree/one" "$work/whole/a$work/tree/one" || fail 'parents'
	run get -f "$hosts" -w a "$work/tree/no*" "$work/here"
	expect_status 1
	expect_err_line '^sshoal: a: transfer'
	run get -f "$hosts" -w a --allow-missing "$work/tree/no*" "$work/here"
	expect_status 0
}

test_one_host_never_fails_the_others() {
	make_tree
	{
		printf 'a host=127.0.1.1\nno host=127.0.0.1 port=%s\n' \
			"$SITE_CLOSED"
		cat "$SITE/settings"
	} >"$work/hosts"
	run get -f "$work/hosts" "$work/tree/one" "$work/here"
	expect_status 3
	cmp "$work/tree/one" "$work/here/a/one" || fail 'bytes'
	expect_out_line '^no: refused'
	[ "$(ls "$work/here")" = a ] || fail 'a folder for a host without files'
}

test_events_of_a_transfer() {
	make_tree
	mkdir "$work/there"
	run put -f "$hosts" -w a,b --json -r "$work/tree" "$work/there/"
	expect_status 0
	/usr/bin/python3 - "$work/out" "$work" <<'PYTHON' || fail json
import json, sys

events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
work = sys.argv[2]
files = [e for e in events if e["event"] == "file" and e["host"] == "a"]
of = {e["local"][len(work):]: e for e in files}
big = of["/tree/sub/deep/bytes"]
assert big["size"] == 300000 and big["error"] is None
assert big["remote"] == work + "/there/tree/sub/deep/bytes"
for event in events:
    if event["event"] == "result":
        assert event["status"] == "ok" and event["exit"] is None
        assert event["ran"] == "yes" and event["phase"] == "run"
        assert event["files"] >= 4 and event["bytes"] >= 300005, event
assert events[0]["job"] == "put" and events[-1]["event"] == "summary"
PYTHON
	run run -f "$hosts" -w a --json -- true
	expect_out_line '"files":null,"bytes":null,"changed":null'
}

test_progress_is_one_line_that_goes_away() {
	head -c 400000 /dev/zero >"$work/big"
	mkdir "$work/there"
	run put -f "$hosts" -w a --progress always --bwlimit 400K "$work/big" \
		"$work/there/"
	expect_status 0
	expect_err_line '0 done, 0 failed, 1 running, 0 left'
	expect_err_line "$(printf '\r\033')\\[Ksshoal: 1 ok\$"
	run put -f "$hosts" -w a --bwlimit 400K "$work/big" "$work/there/"
	expect_err 'sshoal: 1 ok\n'
}

test_script_has_its_arguments_and_interpreter() {
	make_script 'echo "$#" "$1" "$2"; echo err >&2; exit 3'
	run script -f "$hosts" "$work/s.sh" 'a  b' "it's"
	expect_status 1
	[ "$(grep -Fc ": 2 a  b it's" "$work/out")" -eq 4 ] || fail 'arguments'
	[ "$(grep -Ec '^[a-d]: err$' "$work/err")" -eq 4 ] || fail 'stderr'
	expect_err_line 'a: failed: exit status 3'
	expect_nothing_left 4
	run script -f "$hosts" -w a -S "$work/s.sh"
	expect_status 3
	run script -f "$hosts" -w a --interpreter 'tail -n 1' "$work/s.sh"
	expect_status 0
	expect_out 'a: echo "$#" "$1" "$2"; echo err >&2; exit 3\n'
	printf 'echo "$0"; readlink /proc/$$/exe' >"$work/s.sh"
	run script -f "$hosts" -w a -- "$work/s.sh" -v
	expect_status 0
	expect_nothing_left 1
	printf '#! /usr/bin/env python3\nimport sys\nprint(sys.argv[0])\n' \
		>"$work/s.sh"
	run script -f "$hosts" -w a "$work/s.sh"
	expect_status 0
	expect_nothing_left 1
}

test_script_is_for_its_login_alone() {
	make_script 'stat -c %a "$0" "${0%/*}"; touch "${0%/*}/more"'
	run script -f "$hosts" -w a "$work/s.sh"
	expect_status 0
	[ "$(grep -c '^a: 700$' "$work/out")" -eq 2 ] || fail 'not 0700'
	expect_nothing_left 1
}

test_script_may_come_from_a_pipe() {
	status=0
	"$SSHOAL_PROGRAM" script -f "$hosts" -w a <(echo 'echo hello') \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 0
	expect_out 'a: hello\n'
}

test_script_is_removed_after_a_time_limit() {
	make_script 'sleep 600'
	# Time enough for a busy machine to have it running.
	run script -f "$hosts" -w a -u 8 "$work/s.sh"
	expect_status 4
	expect_err_line 'a: timeout in run'
	expect_nothing_left 1
	run script -f "$hosts" -w a --idle-timeout 6 "$work/s.sh"
	expect_status 4
	expect_err_line 'a: idle-timeout'
	expect_nothing_left 1
}

test_script_is_removed_after_an_interrupt() {
	make_script 'sleep 600'
	mkfifo "$work/fifo"
	env --default-signal=INT,QUIT,TERM,HUP "$SSHOAL_PROGRAM" script \
		-f "$hosts" "$work/s.sh" >"$work/fifo" 2>"$work/err" \
		</dev/null &
	pid=$!
	exec 7<"$work/fifo"
	for _ in 1 2 3 4; do
		read -r line <&7
		printf '%s\n' "$line" >>"$work/out"
	done
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
	expect_status 130
	expect_err_line '4 cancelled'
	expect_nothing_left 4
}

test_a_script_that_cannot_be_removed_is_told() {
	local folder
	make_script 'sleep 1; kill -9 $PPID'
	run script -f "$hosts" -w a "$work/s.sh"
	expect_status 3
	folder=$(sed -n 's/^a: \(.*\)\/s.sh$/\1/p' "$work/out")
	[ -e "$folder/s.sh" ] || fail 'it is not left'
	rm -r "$folder"
	expect_err_line "^sshoal: a: lost in run .*; left there: $folder: "
}

test_a_deadline_ends_a_transfer() {
	head -c 4000000 /dev/zero >"$work/big"
	mkdir "$work/there"
	run put -f "$hosts" -P 2 --deadline 2 --bwlimit 100K "$work/big" \
		"$work/there/"
	expect_status 4
	expect_err_line '2 timeout, 2 not-started'
	[ -z "$(ls -A "$work/there")" ] || fail 'something is left'
}

test_put_leaves_nothing_after_an_interrupt() {
	head -c 4000000 /dev/zero >"$work/big"
	mkdir "$work/there"
	env --default-signal=INT,QUIT,TERM,HUP "$SSHOAL_PROGRAM" put \
		-f "$hosts" --bwlimit 100K "$work/big" "$work/there/" \
		>"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	until [ "$(find "$work/there" -type f | wc -l)" -eq 4 ]; do
		kill -0 "$pid" || fail 'it ended'
		read -r -t 0.05 _ <> <(:) || :
	done
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	expect_status 130
	expect_err_line '4 cancelled'
	[ -z "$(ls -A "$work/there")" ] || fail 'something is left'
}

run_tests
