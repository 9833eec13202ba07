# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# As cron runs it: hardly an environment, no terminal, standard input closed.
#
# The functions are called by name, and the hosts expand the commands.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# As run does it, in a session of its own.
cron() {
	status=0
	# shellcheck disable=SC2154 # lib.sh makes it.
	env -i PATH="$PATH" \
		setsid -w "$SSHOAL_PROGRAM" "$@" >"$work/out" 2>"$work/err" \
		<&- || status=$?
}

test_what_went_well_says_nothing() {
	cron run -f "$SITE/hosts" -q --output failed -- 'echo hi; echo ho >&2'
	expect_status 0
	expect_out ''
	[ ! -s "$work/err" ] || fail 'it said something'
}

test_what_went_wrong_is_said() {
	cron run -f "$SITE/hosts" -q --output failed --failed-to "$work/failed" \
		-- 'echo hi; case $SSH_CONNECTION in *127.0.1.2*) exit 4;; esac'
	expect_status 1
	expect_out_line '^b: hi$'
	! grep -q '^a: ' "$work/out" || fail 'a is ok'
	expect_err_line '^sshoal: b: failed: exit status 4'
	printf 'b\n' | cmp - "$work/failed" || fail 'the list'
}

test_much_is_held_without_a_word_on_where() {
	cron run -f "$SITE/hosts" -q --output failed -- \
		'head -c 5000000 /dev/zero | tr "\0" "\n"; exit 1'
	expect_status 1
	[ "$(wc -c <"$work/out")" -gt 20000000 ] || fail 'output is lost'
}

test_a_question_is_an_error() {
	cron run -f "$SITE/hosts" -w a -k -- true
	[ "$status" -ne 0 ] || fail 'it was asked of nobody'
	expect_err_line 'terminal'
}

test_one_at_a_time() {
	mkfifo "$work/gate"
	"$SSHOAL_PROGRAM" run -f "$SITE/hosts" -w a --lock "$work/lock" -- \
		"cat $work/gate" >/dev/null 2>&1 </dev/null &
	first=$!
	# It opens when the command has begun, so the lock is held.
	exec 7>"$work/gate"
	cron run -f "$SITE/hosts" -q --lock "$work/lock" -- true
	expect_status 6
	expect_err_line "$work/lock"
	exec 7>&-
	wait "$first" || fail 'the first one'
	cron run -f "$SITE/hosts" -q --lock "$work/lock" -- true
	expect_status 0
}

test_files_go_without_a_home() {
	echo text >"$work/file"
	cron put -f "$SITE/hosts" -w a -q "$work/file" "$work/there"
	expect_status 0
	cmp "$work/file" "$work/there" || fail 'it differs'
}

run_tests
