#!/bin/bash
# SPDX-License-Identifier: MIT
# rerun: what a journal says is done again, on which hosts and with what.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)

# A command that fails where a file of the host's address is, and says where it
# ran.
fails_where='set -- $SSH_CONNECTION; echo "$3" >>ran; ! [ -e "$3" ]'

# The hosts' list in a folder of its own, where commands run.
begin() {
	cat - "$SITE/settings" >"$work/hosts" <<EOF
a host=127.0.1.1
b host=127.0.1.2
c host=127.0.1.3
closed host=127.0.0.1 port=$SITE_CLOSED
EOF
	chmod 777 "$work"
}

# The addresses of those that have run since the last call.
ran() {
	sort "$work/ran" | tr '\n' ' '
	rm -f "$work/ran"
}

expect_ran() {
	[ "$(ran)" = "$1" ] || fail "ran on others than $1"
}

# Statements of Python about the journal's events.
check() {
	/usr/bin/python3 - "$work/journal" "$1" <<'EOP' || fail "$1"
import json, sys

events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]


def of(name):
    return [event for event in events if event["event"] == name]


exec(sys.argv[2])
EOP
}

test_what_is_not_ok_runs_again() {
	begin
	: >"$work/127.0.1.2"
	: >"$work/127.0.1.3"
	run run -f "$work/hosts" --journal "$work/journal" -- \
		"cd $work; $fails_where"
	expect_status 3
	expect_ran '127.0.1.1 127.0.1.2 127.0.1.3 '
	rm "$work/127.0.1.2"
	run rerun "$work/journal"
	expect_status 3
	expect_ran '127.0.1.2 127.0.1.3 '
	expect_err_line "^sshoal: rerun of 20.*Z: run .*, on 3 of 4 hosts"
	expect_err_line '^sshoal: 1 ok, 1 failed, 1 refused$'
	# The second one sees what both have done.
	rm "$work/127.0.1.3"
	run rerun "$work/journal"
	expect_status 3
	expect_ran '127.0.1.3 '
	sed -i "s/^closed.*/closed host=127.0.1.4/" "$work/hosts"
	run rerun "$work/journal"
	expect_status 0
	expect_ran '127.0.1.4 '
	run rerun "$work/journal"
	expect_status 0
	expect_err 'sshoal: nothing to do: all 4 hosts are ok\n'
	check '
starts = of("start")
assert len(starts) == 4 == len(of("summary"))
first = starts[0]["run"]
assert [s["origin"] for s in starts] == [None, first, first, first]
assert [s["hosts"] for s in starts] == [
    ["a", "b", "c", "closed"], ["b", "c", "closed"], ["c", "closed"],
    ["closed"]]
assert len({s["run"] for s in starts}) == 4
'
}

test_the_last_journal_is_meant() {
	begin
	export XDG_STATE_HOME=$work/state
	run rerun
	expect_status 2
	expect_err_line 'there is no journal'
	run run -f "$work/hosts" -w a -- 'echo first; exit 1'
	run run -f "$work/hosts" -w b -- 'echo second; exit 1'
	run rerun
	expect_status 1
	expect_out 'b: second\n'
	run rerun -q "$(find "$work/state" -name '*.ndjson' -printf '%T@ %p\n' |
		sort | sed -n '1s/.* //p')"
	expect_out 'a: first\n'
	# It is the last one now.
	run rerun -q
	expect_out 'a: first\n'
	[ "$(find "$work/state" -type f | wc -l)" -eq 2 ] || fail 'another file'
}

test_classes_are_chosen() {
	begin
	: >"$work/127.0.1.2"
	run run -f "$work/hosts" --journal "$work/journal" -- \
		"cd $work; $fails_where"
	rm -f "$work/ran"
	run rerun --only failed --dry-run "$work/journal"
	expect_out_line '^1 host: b$'
	run rerun --only no-contact,failed --dry-run "$work/journal"
	expect_out_line '^2 hosts: b,closed$'
	run rerun --only ran=yes --dry-run "$work/journal"
	expect_out_line '^3 hosts: a,b,c$'
	run rerun --only ran=no --dry-run "$work/journal"
	expect_out_line '^1 host: closed$'
	run rerun --only ok "$work/journal"
	expect_status 0
	expect_ran '127.0.1.1 127.0.1.3 '
	run rerun --only timeout,ran=unknown,unfinished "$work/journal"
	expect_status 0
	expect_err 'sshoal: nothing to do: of 4 hosts none is timeout,ran=unknown,unfinished\n'
	run rerun --only failed,perhaps "$work/journal"
	expect_status 2
	expect_err_line '--only "perhaps": write words of STATUS'
	run rerun --only '' "$work/journal"
	expect_status 2
}

test_options_are_the_runs_own_unless_given() {
	begin
	cd "$work"
	run run -f hosts -x closed -P 1 --env-less --journal journal -- true
	expect_status 2
	run run -f hosts -x closed -P 1 -N --retries 2 --journal journal -- \
		'echo "$SSH_CONNECTION" | wc -w; exit 2'
	expect_status 1
	cd /
	# The file is the run's, looked for where that was begun.
	run rerun "$work/journal"
	expect_status 1
	expect_out '4\n4\n4\n'
	run rerun -P 3 -S --output none "$work/journal"
	expect_status 2
	expect_out ''
	check '
first, second, third = (set(s["options"]) for s in of("start"))
assert {"--parallel=1", "--no-label", "--retries=2"} <= first == second
assert "--parallel=3" in third and "--parallel=1" not in third
assert {s["cwd"] for s in of("start")} == {"'"$work"'"}
'
	# A file that is named now is looked for where we are.
	cd "$SITE"
	run rerun -f hosts -q -N "$work/journal"
	expect_out '4\n4\n4\n'
	run rerun -w a "$work/journal"
	expect_status 2
	expect_err_line 'not an option of rerun'
	run rerun --recursive "$work/journal"
	expect_status 2
	run rerun "$work/journal" -- true
	expect_status 2
}

test_one_of_several_runs_is_named() {
	begin
	run run -f "$work/hosts" -w a --journal "$work/journal" -- \
		'echo one; exit 1'
	run run -f "$work/hosts" -w b --journal "$work/journal" -- \
		'echo two; exit 1'
	local first
	first=$(sed -n '1s/.*"run":"\([^"]*\)".*/\1/p' "$work/journal")
	run rerun -q "$work/journal"
	expect_out 'b: two\n'
	run rerun -q --run "${first:0:12}" "$work/journal"
	expect_out 'a: one\n'
	# A rerun is named as well as the run that it goes on with.
	run rerun -q "$work/journal"
	expect_out 'a: one\n'
	run rerun --run zz "$work/journal"
	expect_status 2
	expect_err_line 'has no run zz; its last one is'
	run rerun --run '' "$work/journal"
	expect_status 2
	[ ! -s "$work/out" ] || fail 'something ran'
}

test_scripts_and_files() {
	begin
	cd "$work"
	printf 'echo "$1: $#"\nexit 4\n' >script
	run script -f hosts -w a --journal journal -- script 'x y' "it's"
	expect_out 'a: x y: 2\n'
	cd /
	run rerun -q "$work/journal"
	expect_status 1
	expect_out 'a: x y: 2\n'
	cd "$work"
	mkdir there
	chmod 777 there
	echo text >file
	run put -f hosts -w a --journal put -- file "$work/nowhere/"
	expect_status 1
	mkdir nowhere
	chmod 777 nowhere
	run rerun put
	expect_status 0
	[ "$(cat nowhere/file)" = text ] || fail 'put'
	run get -f hosts -w a --journal get -- "$work/later" back
	expect_status 1
	echo later >later
	cd /
	run rerun "$work/get"
	expect_status 0
	[ "$(cat "$work/back/a/later")" = later ] || fail 'get'
}

test_no_secret_is_kept() {
	begin
	export XDG_STATE_HOME=$work/state
	printf 'wordinfile\n' >"$work/password"
	chmod 600 "$work/password"
	SSHOAL_PASSWORD=wordofenvironment run run -f "$work/hosts" -w a \
		-F none --no-agent -l nobody-"$$" \
		--password-file "$work/password" -- true
	expect_status 3
	printf 'x host=127.0.1.1 password=wordofhost user=nobody-%s\n' "$$" |
		cat - "$SITE/settings" >"$work/secret"
	chmod 600 "$work/secret"
	SSHOAL_PASSWORD=wordofenvironment run run -f "$work/secret" -- true
	"$here/at_terminal" "$work/out" "$work/err" --type 'assword' \
		wordoftyping -- "$SSHOAL_PROGRAM" run -f "$work/hosts" -w a \
		-k -l "nobody-$$" -F none --no-agent -vv -- true \
		>"$work/terminal" || :
	[ "$(find "$work/state" -type f | wc -l)" -eq 3 ] || fail 'journals'
	! grep -rE 'wordinfile|wordofenv|wordofhost|wordoftyp' "$work/state" ||
		fail 'a secret is in a journal'
	grep -rq -- "--password-file=$work/password" "$work/state" ||
		fail 'the name of the file is not'
}

# A run that was killed while its command ran.
kill_while_it_runs() {
	mkfifo "$work/fifo" "$work/go"
	chmod 666 "$work/fifo" "$work/go"
	"$SSHOAL_PROGRAM" run -f "$work/hosts" -w a,b -P 1 \
		--journal "$work/journal" -- \
		"case \$SSH_CONNECTION in *' 127.0.1.1 '*) echo >$work/fifo; [ -e $work/again ] || exec cat $work/go;; esac" \
		>"$work/first" 2>&1 </dev/null &
	local pid=$!
	read -r _ <"$work/fifo"
	kill -KILL "$pid"
	wait "$pid" 2>"$work/killed" || :
	: >"$work/go"
	cat "$work/fifo" >"$work/second" &
	reader=$!
	: >"$work/again"
}

test_what_may_have_run_is_told() {
	begin
	kill_while_it_runs
	run rerun --only unfinished --dry-run "$work/journal"
	expect_out_line '^1 host: a$'
	expect_err_line '^sshoal: 1 of them may have run it before$'
	run rerun --only not-started --dry-run "$work/journal"
	expect_out_line '^1 host: b$'
	status=0
	"$here/at_terminal" "$work/out" "$work/err" --type 'second time' n \
		-- "$SSHOAL_PROGRAM" rerun "$work/journal" >"$work/terminal" ||
		status=$?
	expect_status 2
	expect_err_line 'not confirmed: nothing was contacted'
	status=0
	"$here/at_terminal" "$work/out" "$work/err" --type 'second time' y \
		-- "$SSHOAL_PROGRAM" rerun "$work/journal" >"$work/terminal" ||
		status=$?
	expect_status 0
	grep -q 'may run a second time on 1 host:' "$work/terminal" ||
		fail 'the question'
	wait "$reader"
	run rerun "$work/journal"
	expect_err 'sshoal: nothing to do: all 2 hosts are ok\n'
}

# Without a terminal it goes on.
test_a_line_that_was_cut_off_harms_nobody() {
	begin
	kill_while_it_runs
	printf '{"v":1,"run":"cut' >>"$work/journal"
	run rerun "$work/journal"
	expect_status 0
	expect_err_line '^sshoal: 1 of them may have run it before$'
	wait "$reader"
	run rerun "$work/journal"
	expect_err 'sshoal: nothing to do: all 2 hosts are ok\n'
	# What is in the middle of a run is damage.
	sed -i '2s/.*/{"v":1,/' "$work/journal"
	run rerun "$work/journal"
	expect_status 2
	expect_err_line "^sshoal: $work/journal:2: no event"
}

test_what_cannot_be_done_again_is_told() {
	begin
	run rerun "$work/nothing"
	expect_status 2
	expect_err "sshoal: $work/nothing: No such file or directory\n"
	! [ -e "$work/nothing" ] || fail 'it was made'
	run run -f "$work/hosts" -w a --json -- false
	cp "$work/out" "$work/json"
	run rerun "$work/json"
	expect_status 2
	expect_err_line 'cannot be done again: what --json writes'
	: >"$work/empty"
	run rerun "$work/empty"
	expect_status 2
	expect_err_line 'holds no run'
	# A list that was read from standard input is gone.
	"$SSHOAL_PROGRAM" run -f - -w a --journal "$work/journal" -- false \
		<"$work/hosts" >"$work/out" 2>"$work/err" || :
	run rerun "$work/journal"
	expect_status 2
	expect_err_line 'was standard input, which is gone: name it with -f FILE'
	run rerun -f "$work/hosts" "$work/journal"
	expect_status 1
	# So is what the command read from there.
	echo text | "$SSHOAL_PROGRAM" run -f "$work/hosts" -w a --stdin - \
		--journal "$work/input" -- 'cat; exit 1' \
		>"$work/out" 2>"$work/err" || :
	run rerun "$work/input"
	expect_status 2
	expect_err_line 'had --stdin -, which is gone'
	echo again >"$work/text"
	run rerun --stdin "$work/text" "$work/input"
	expect_status 1
	expect_out 'a: again\n'
	# Options that nobody wrote.
	sed 's/"--hosts-file=[^"]*"/"--password=x"/' "$work/journal" \
		>"$work/forged"
	run rerun "$work/forged"
	expect_status 2
	expect_err_line '"--password=x" is no option of run'
	mkdir "$work/folder"
	(cd "$work/folder" && run run -f "$work/hosts" -w a \
		--journal "$work/elsewhere" -- false)
	rmdir "$work/folder"
	run rerun "$work/elsewhere"
	expect_status 2
	expect_err_line "begun in $work/folder, which cannot be entered"
	# Hosts that are in no file any more.
	sed -i '/^a /d' "$work/hosts"
	run rerun -f "$work/hosts" "$work/journal"
	expect_status 2
}

# The same with more hosts and kills is a benchmark.
test_kills_lose_nothing_and_repeat_nothing() {
	mkdir "$work/fleet"
	seq -f 127.0.3.%g 1 40 >"$work/fleet/addresses"
	cat "$work/fleet/addresses" "$SITE/settings" >"$work/fleet/hosts"
	SSHOAL_BENCH_KILLS=5 /usr/bin/python3 "$here/../bench/reruns.py" \
		"$SSHOAL_PROGRAM" "$work/fleet" >"$work/out" 2>"$work/err" ||
		fail 'a goal was missed'
	expect_out_line '^40 hosts: [5-9] kills'
}

run_tests
