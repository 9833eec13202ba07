#!/bin/bash
# SPDX-License-Identifier: MIT
# Journals: what is kept of a run, where, and when it cannot be; and --lock.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
manual=$here/../../man/sshoal_journal.5
hosts=$SITE/hosts
folder=$HOME/.local/state/sshoal

# Statements of Python about the events of a file.
check() {
	/usr/bin/python3 - "$1" "$2" <<'EOP' || fail "$2"
import json, sys

events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]


def of(name):
    return [event for event in events if event["event"] == name]


exec(sys.argv[2])
EOP
}

# Checks that a file has the events, which are all, that the manual says.
check_schema() {
	"$here/schema.py" "$manual" "$1" >"$work/seen" || fail "schema of $1"
	[ "$(cat "$work/seen")" = "$2" ] || fail "$1 has $(cat "$work/seen")"
}

# Waits for a condition, a command.
until_true() {
	until "$@"; do
		read -r -t 0.02 _ <> <(:) || :
	done
}

has_lines() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

test_each_run_leaves_one() {
	rm -rf "$HOME/.local"
	run run -f "$hosts" -P 2 -l "$SITE_USER" -F none -- 'echo out; exit 3'
	expect_status 1
	[ "$(find "$folder" -type f | wc -l)" -eq 1 ] || fail 'not one file'
	[ "$(stat -c %a "$folder"/*)" = 600 ] || fail 'others can read it'
	[ "$(stat -c %a "$folder")" = 700 ] || fail 'others can list it'
	basename "$folder"/* |
		grep -Eq '^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\.ndjson$' ||
		fail 'its name'
	check "$(echo "$folder"/*)" '
start = events[0]
assert start["job"] == "run" and start["command"] == "echo out; exit 3"
assert start["words"] == ["echo out; exit 3"]
assert start["hosts"] == list("abcd") and start["targets"] == 4
assert "--parallel=2" in start["options"] and "-Fnone" in start["options"]
assert start["origin"] is None and start["cwd"]
assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
assert not of("output") and len(of("begin")) == len(of("result")) == 4
assert all(r["stdout_bytes"] == 4 and r["exit"] == 3 for r in of("result"))
assert events[-1]["event"] == "summary" and events[-1]["exit"] == 1
'
	check_schema "$(echo "$folder"/*)" 'begin result start summary'
}

test_events_are_as_the_manual_says() {
	rm -rf "$HOME/.local"
	printf 'x' >"$work/file"
	mkdir "$work/there"
	run put -f "$hosts" -w a --json --journal "$work/put" -- \
		"$work/file" "$work/file" "$work/there/"
	expect_status 2
	run put -f "$hosts" -w a --json --journal "$work/put" -- \
		"$work/file" /nonexistent-source "$work/there/"
	run put -f "$hosts" -w a --json --journal "$work/put" -- \
		"$work/file" "$work/there/"
	expect_status 0
	check_schema "$work/out" 'begin file result start summary'
	check_schema "$work/put" 'begin file result start summary'
	run run -f "$hosts" --json -vv --max-output 1,cut \
		--journal "$work/run" -- 'echo out; printf "\377"'
	check_schema "$work/out" 'begin note output result start summary'
	check_schema "$work/run" 'begin note result start summary'
	run ping -f "$hosts" -w a --json
	check_schema "$work/out" 'begin result start summary'
	run trust -f "$hosts" -w a --json --check
	check_schema "$work/out" 'begin result start summary'
}

test_the_run_has_one_name() {
	run run -f "$hosts" --json --journal "$work/journal" \
		--output-dir "$work/dir" -- true
	check "$work/out" '
name = events[0]["run"]
assert name == json.loads(open("'"$work/journal"'").readline())["run"]
assert name == json.loads(open("'"$work/dir/a.json"'").readline())["run"]
'
}

test_bytes_that_are_no_text_stay_what_they_are() {
	run run -f "$hosts" -w a --journal "$work/journal" -- \
		"$(printf 'printf "%%s" "a\377b" | od -An -tx1')"
	expect_out 'a:  61 ff 62\n'
	check "$work/journal" '
import base64
assert base64.b64decode(events[0]["words"][0]["base64"]) == \
    b"printf \"%s\" \"a\xffb\" | od -An -tx1"
'
	run rerun --only ok -q "$work/journal"
	expect_status 0
	expect_out 'a:  61 ff 62\n'
}

test_a_file_takes_several_runs() {
	: >"$work/journal"
	chmod 640 "$work/journal"
	run run -f "$hosts" -w a --journal "$work/journal" -- true
	run run -f "$hosts" -w b --journal "$work/journal" -- true
	check "$work/journal" '
assert len({e["run"] for e in events}) == 2 and len(of("summary")) == 2
'
	[ "$(stat -c %a "$work/journal")" = 640 ] || fail 'its mode was changed'
}

test_what_is_no_journal_is_left_alone() {
	echo 'my notes' >"$work/notes"
	run run -f "$hosts" -w a --journal "$work/notes" -- true
	expect_status 2
	expect_err "sshoal: $work/notes: is no journal: nothing is appended to it\n"
	[ "$(cat "$work/notes")" = 'my notes' ] || fail 'it was changed'
	mkfifo "$work/pipe"
	run run -f "$hosts" -w a --journal "$work/pipe" -- true
	expect_status 2
	run run -f "$hosts" -w a --journal "$work/no/journal" -- true
	expect_status 2
	expect_err_line 'No such file'
	run run -f "$hosts" -w a --journal "$work/j" --no-journal -- true
	expect_status 2
	expect_err_line 'exclude each other'
}

test_ping_and_trust_leave_none() {
	rm -rf "$HOME/.local"
	run ping -f "$hosts"
	expect_status 0
	run run -f "$hosts" --no-journal -- true
	expect_status 0
	run run -f "$hosts" --dry-run -- true
	expect_status 0
	run run -f "$hosts" -x '@all' --allow-empty -- true
	expect_status 0
	! [ -e "$folder" ] || fail 'there is something'
}

test_without_a_home_there_is_none() {
	status=0
	env -u HOME "$SSHOAL_PROGRAM" run -f "$hosts" -w a -F none -- true \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 0
	expect_err 'sshoal: 1 ok\n'
	HOME=$work/nowhere run run -f "$hosts" -w a -F none -- true
	expect_status 0
	expect_err 'sshoal: 1 ok\n'
	! [ -e "$work/nowhere" ] || fail 'a home was made'
	# A home that cannot be written to stops nobody, root neither.
	mkdir -p "$work/home/.local"
	: >"$work/home/.local/state"
	HOME=$work/home run run -f "$hosts" -w a -F none -- true
	expect_status 0
	expect_err_line 'no journal is kept: .*; --no-journal'
	HOME=$work/home run run -f "$hosts" -w a -F none -q -- true
	expect_err ''
}

test_the_last_twenty_stay() {
	local state=$work/state/sshoal i name
	mkdir -p "$state"
	for i in $(seq 10 40); do
		name=202511${i}T000000Z-00000000.ndjson
		echo '{"v":1}' >"$state/$name"
		touch -d "2025-11-01 00:00:$i" "$state/$name"
	done
	echo mine >"$state/notes.ndjson"
	echo mine >"$state/20251110T000000Z-0000000g.ndjson"
	mkdir "$state/20251110T000000Z-0000000a.ndjson"
	ln -s "$state/notes.ndjson" "$state/20251110T000000Z-0000000b.ndjson"
	touch -d 2020-01-01 "$state"/*0g.ndjson "$state/notes.ndjson"
	XDG_STATE_HOME=$work/state flock \
		"$state/20251110T000000Z-00000000.ndjson" \
		"$SSHOAL_PROGRAM" run -f "$hosts" -w a -- true \
		2>"$work/err" </dev/null
	# 19 of the old ones, the one in use, and the new one.
	[ "$(find "$state" -type f -name '*-????????.ndjson' \
		! -name '*g.ndjson' | wc -l)" -eq 21 ] ||
		fail "left: $(ls "$state")"
	[ -e "$state/20251110T000000Z-00000000.ndjson" ] || fail 'in use'
	! [ -e "$state/20251121T000000Z-00000000.ndjson" ] || fail 'an old one'
	[ -e "$state/20251122T000000Z-00000000.ndjson" ] || fail 'a newer one'
	[ "$(cat "$state/notes.ndjson")" = mine ] || fail 'what is not ours'
	[ -d "$state/20251110T000000Z-0000000a.ndjson" ] || fail 'a folder'
	[ -L "$state/20251110T000000Z-0000000b.ndjson" ] || fail 'a link'
	[ -e "$state/20251110T000000Z-0000000g.ndjson" ] || fail 'another name'
}

test_a_run_that_cannot_begin_leaves_no_file() {
	rm -rf "$HOME/.local"
	: >"$work/file"
	run run -f "$hosts" -w a --output-dir "$work/file/x" -- true
	expect_status 5
	[ -z "$(find "$folder" -type f)" ] || fail 'there is one'
}

test_a_journal_in_use_is_told() {
	mkfifo "$work/fifo"
	"$SSHOAL_PROGRAM" run -f "$hosts" -w a --journal "$work/journal" -- \
		"cat $work/fifo" >"$work/first" 2>&1 </dev/null &
	local pid=$!
	until_true has_lines "$work/journal" 2
	run run -f "$hosts" -w b --journal "$work/journal" -- true
	expect_status 6
	expect_err "sshoal: $work/journal: in use by another sshoal (process $pid)\n"
	run rerun "$work/journal"
	expect_status 6
	: >"$work/fifo"
	wait "$pid" || fail 'the first one failed'
	run run -f "$hosts" -w b --journal "$work/journal" -- true
	expect_status 0
}

# Each command that contacts hosts; hosts contacts none.
test_a_lock_is_held_by_one() {
	local pid command
	mkfifo "$work/fifo"
	"$SSHOAL_PROGRAM" run -f "$hosts" -w a --lock "$work/lock" \
		--journal "$work/journal" -- "cat $work/fifo" \
		>"$work/first" 2>&1 </dev/null &
	pid=$!
	until_true has_lines "$work/journal" 2
	: >"$work/file"
	for command in 'run -- true' "script $work/file" \
		"put $work/file /nowhere" 'get /nowhere /nowhere' ping \
		'trust --check'; do
		# shellcheck disable=SC2086,SC2046 # They are words.
		run ${command%% *} -f "$hosts" -w a --lock "$work/lock" \
			$(expr "$command " : '[^ ]* \(.*\)')
		expect_status 6
		expect_err "sshoal: --lock $work/lock: process $pid has it; nothing was contacted\n"
		expect_out ''
	done
	run run -f "$hosts" -w a --lock "$work/lock" --lock-wait 100ms -- true
	expect_status 6
	# What is wrong with files comes first.
	run run -f /nowhere --lock "$work/lock" -- true
	expect_status 2
	kill -KILL "$pid"
	wait "$pid" 2>"$work/killed" || :
	run run -f "$hosts" -w a --lock "$work/lock" -- true
	expect_status 0
	: <>"$work/fifo"
}

test_a_lock_is_waited_for() {
	mkfifo "$work/fifo"
	: >"$work/lock"
	flock "$work/lock" cat "$work/fifo" >"$work/holder" &
	exec 8>"$work/fifo"
	"$SSHOAL_PROGRAM" run -f "$hosts" -w a --lock "$work/lock" \
		--lock-wait 2m -- 'echo done' >"$work/out" 2>"$work/err" \
		</dev/null 8>&- &
	local pid=$!
	until_true grep -q lock <(ls -l "/proc/$pid/fd")
	exec 8>&-
	status=0
	wait "$pid" || status=$?
	expect_status 0
	expect_out 'a: done\n'
	run run -f "$hosts" -w a --lock-wait 1 -- true
	expect_status 2
	expect_err_line 'needs --lock'
	run run -f "$hosts" -w a --lock "$work" -- true
	expect_status 2
}

# Whatever a limit on files stops, a full disk does as well.
test_a_full_disk_begins_no_more_hosts() {
	{
		seq -f 127.0.3.%g 1 40
		cat "$SITE/settings"
	} >"$work/hosts"
	status=0
	(
		ulimit -f 8
		exec "$SSHOAL_PROGRAM" run -f "$work/hosts" -P 1 \
			--journal "$work/journal" -- true
	) >"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 5
	expect_err_line "^sshoal: the journal $work/journal: File too large; no further hosts are begun"
	[ "$(grep -c 'the journal' "$work/err")" -eq 1 ] || fail 'told twice'
	expect_err_line '[0-9]+ not-started'
	check "$work/journal" '
begun = {e["index"] for e in of("begin")}
ended = {e["index"] for e in of("result")}
assert begun and ended <= begun and len(begun - ended) <= 1 and len(begun) < 40
'
	run rerun -P 8 "$work/journal"
	expect_status 0
	run rerun "$work/journal"
	expect_err 'sshoal: nothing to do: all 40 hosts are ok\n'
}

test_a_full_file_system() {
	if [ "$(id -u)" -ne 0 ] || ! mkdir "$work/small" ||
		! unshare -m true 2>/dev/null; then
		echo "skipped: a file system of its own needs root"
		return
	fi
	status=0
	unshare -m bash -c '
		mount -t tmpfs -o size=16k tmpfs "$1" || exit 77
		XDG_STATE_HOME=$1 "$SSHOAL_PROGRAM" run -f "$2" -w "$3" -P 1 \
			-- true
	' - "$work/small" "$hosts" 'a,b,c,d,127.0.3.[1-40]' \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	{
		seq -f 127.0.3.%g 1 200
		cat "$SITE/settings"
	} >"$work/hosts"
	status=0
	unshare -m bash -c '
		mount -t tmpfs -o size=48k tmpfs "$1" || exit 77
		status=0
		XDG_STATE_HOME=$1 "$SSHOAL_PROGRAM" run -f "$2" -P 4 -- true ||
			status=$?
		cat "$1"/sshoal/* >"$3"
		exit "$status"
	' - "$work/small" "$work/hosts" "$work/journal" >"$work/out" 2>"$work/err" \
		</dev/null || status=$?
	expect_status 5
	expect_err_line 'the journal .*: No space left on device'
	expect_err_line '^sshoal: [0-9]+ ok, [0-9]+ not-started$'
	# What ran has ended, and is there to the last event.
	check "$work/journal" '
begun = [e["index"] for e in of("begin")]
assert 0 < len(begun) < 200
assert sorted(begun) == sorted(
    e["index"] for e in of("result") if e["status"] == "ok")
assert events[-1]["event"] == "summary" and events[-1]["exit"] == 5
'
}

run_tests
