#!/bin/bash
# SPDX-License-Identifier: MIT
# Interrupts, and standard descriptors that are full, closed or gone.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# Starts the program in the background; returns when its first line has come,
# with its process in $pid. A shell without job control starts background
# programs with SIGINT ignored, which the program would respect.
start() {
	mkfifo "$work/fifo"
	env --default-signal=INT,QUIT,TERM,HUP "$SSHOAL_PROGRAM" "$@" \
		>"$work/fifo" 2>"$work/err" </dev/null &
	pid=$!
	exec 7<"$work/fifo"
	read -r first <&7
}

# Reads the rest of the output and waits for the program's end.
finish() {
	{
		printf '%s\n' "$first"
		cat <&7
	} >"$work/out"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
}

test_an_interrupt_ends_every_host() {
	start run -f "$hosts" -P 2 -- 'echo begun; sleep 600'
	kill -INT "$pid"
	finish
	expect_status 130
	expect_err_line 'cancelled'
	expect_err_line 'not-started'
}

test_every_host_has_its_result_after_an_interrupt() {
	start run -f "$hosts" -P 2 --json -- 'echo begun; sleep 600'
	kill -TERM "$pid"
	finish
	expect_status 143
	[ "$(grep -c '"event": *"result"' "$work/out")" -eq 4 ] ||
		fail 'not four results'
	tail -n 1 "$work/out" | grep -q '"event": *"summary"' ||
		fail 'no summary at the end'
}

test_more_interrupts_end_it_at_once() {
	start run -f "$hosts" -- 'trap "" INT TERM HUP; echo begun; sleep 600'
	# Whoever goes on pressing gets out, however it stands.
	while kill -INT "$pid" 2>/dev/null; do
		read -r -t 0.1 _ <> <(:) || :
	done
	finish
	expect_status 130
}

# Waits until one of the descriptors of the program, and not of the shell that
# becomes it, is what an extended regular expression matches.
until_it_has() {
	until [ "/proc/$pid/exe" -ef "$SSHOAL_PROGRAM" ] &&
		readlink "/proc/$pid"/fd/* 2>/dev/null | grep -Eq -e "$1"; do
		kill -0 "$pid" || fail 'it ended'
		read -r -t 0.05 _ <> <(:) || :
	done
}

test_an_interrupt_ends_the_wait_for_a_secret() {
	local words
	mkfifo "$work/pipe"
	exec 8<>"$work/pipe"
	printf 'a host=127.0.1.1 password-file=%s\n' "$work/pipe" >"$work/hosts"
	for words in "-f $work/hosts" "-f $hosts --password-file $work/pipe" \
		"-f $hosts --passphrase-file $work/pipe"; do
		# shellcheck disable=SC2086 # options and their values
		env --default-signal=INT,QUIT,TERM,HUP "$SSHOAL_PROGRAM" run \
			$words -- true >"$work/out" 2>"$work/err" </dev/null 8<&- &
		pid=$!
		until_it_has "$work/pipe"
		kill -INT "$pid"
		status=0
		wait "$pid" || status=$?
		expect_status 130
		# A wait that ran out would be told.
		refuse_err_line 'in time'
	done
	exec 8<&-
}

test_an_interrupt_ends_the_wait_for_an_agent() {
	ssh-agent -D -a "$work/agent" >/dev/null 2>&1 &
	local agent=$!
	until_agent_answers
	kill -STOP "$agent"
	SSH_AUTH_SOCK=$work/agent env --default-signal=INT,QUIT,TERM,HUP \
		"$SSHOAL_PROGRAM" run -f "$hosts" -- true >"$work/out" \
		2>"$work/err" </dev/null &
	pid=$!
	until_it_has 'socket:'
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	kill -CONT "$agent"
	kill "$agent"
	expect_status 130
	expect_err_line '^sshoal: 4 not-started'
	# Likewise.
	refuse_err_line 'in time'
}

# Waits until no command with this test's word is there.
until_it_is_gone() {
	until [ "$(pgrep -fc "^yes $work")" -eq 0 ]; do
		kill -0 "$pid" || fail 'it ended'
		read -r -t 0.05 _ <> <(:) || :
	done
}

# Begins a run whose output nobody takes, though its reader is there.
start_unread() {
	mkfifo "$work/fifo"
	exec 7<>"$work/fifo"
	env --default-signal=INT,QUIT,TERM,HUP "$SSHOAL_PROGRAM" run \
		-f "$hosts" -w a "$@" -- "yes $work" \
		>"$work/fifo" 2>"$work/err" </dev/null 7<&- &
	pid=$!
	: >"$work/out"
	read -r _ <&7
}

test_commands_end_though_nobody_reads() {
	start_unread --timeout 1
	# The limit holds where the output is stuck.
	until_it_is_gone
	kill -INT "$pid"
	kill -0 "$pid" || fail 'it ended'
	# Two that come within a moment are one.
	read -r -t 0.2 _ <> <(:) || :
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
	expect_status 130
	expect_err_line '^sshoal: 1 timeout'
	expect_err_line '^sshoal: a: timeout .*it was ended$'
}

test_two_interrupts_end_what_nobody_reads() {
	start_unread
	kill -INT "$pid"
	until_it_is_gone
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
	expect_status 130
	expect_err_line '^sshoal: 1 cancelled'
}

test_an_interrupt_leaves_nothing_on_the_hosts() {
	start run -f "$hosts" -w a --kill-after 1 -- \
		"trap '' TERM; echo begun; sleep 600.$$"
	kill -TERM "$pid"
	finish
	expect_status 143
	if pgrep -f "^sleep 600[.]$$" >/dev/null; then
		fail 'something is left'
	fi
	expect_err_line '^sshoal: a: cancelled in run .*: it was ended$'
}

test_a_drain_lets_run_what_runs() {
	start run -f "$hosts" -P 1 -- \
		"echo begun; while ! test -e $work/go; do sleep 0.1; done"
	kill -QUIT "$pid"
	kill -QUIT "$pid"
	# It is heard before the first host ends.
	kill -USR1 "$pid"
	until grep -q 'left' "$work/err"; do
		kill -0 "$pid" || fail 'it ended'
		read -r -t 0.05 _ <> <(:) || :
	done
	: >"$work/go"
	finish
	expect_status 4
	expect_err_line '^sshoal: 1 ok, 3 not-started$'
}

test_who_asks_is_told_how_it_stands() {
	start run -f "$hosts" -P 2 -- \
		"echo begun; while ! test -e $work/go; do sleep 0.1; done"
	until grep -q 'in run, for .*: .*[ab]' "$work/err"; do
		kill -0 "$pid" || fail 'it ended'
		kill -USR1 "$pid"
		read -r -t 0.1 _ <> <(:) || :
	done
	expect_err_line '^sshoal: 0 of 4 done, 2 running, 2 left$'
	expect_err_line '^sshoal: left: c,d$'
	: >"$work/go"
	finish
	expect_status 0
}

test_limits_go_on_while_it_is_stopped() {
	start run -f "$hosts" -w a --timeout 1 -- 'echo begun; sleep 600'
	kill -STOP "$pid"
	read -r -t 1.2 _ <> <(:) || :
	kill -CONT "$pid"
	finish
	expect_status 4
	expect_err_line '^sshoal: a: timeout .*it was ended$'
}

test_a_signal_ignored_at_start_stays_ignored() {
	(
		trap '' HUP
		exec "$SSHOAL_PROGRAM" run -f "$hosts" -w a -- \
			"echo begun; while ! test -e $work/go; do sleep 0.1; done" \
			>"$work/out" 2>"$work/err" </dev/null
	) &
	pid=$!
	until [ -s "$work/out" ]; do
		kill -0 "$pid" || fail 'it ended'
		read -r -t 0.05 _ <> <(:) || :
	done
	kill -HUP "$pid"
	: >"$work/go"
	status=0
	wait "$pid" || status=$?
	expect_status 0
}

test_a_reader_that_goes_away_ends_the_run() {
	{
		"$SSHOAL_PROGRAM" run -f "$hosts" -- 'yes' 2>"$work/err" \
			</dev/null || echo $? >"$work/status"
	} | head -n 1 >"$work/out"
	status=$(cat "$work/status")
	expect_status 141
	expect_out_line '^[a-d]: y$'
}

test_a_full_disk_is_told() {
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" -- 'echo x' >/dev/full \
		2>"$work/err" </dev/null || status=$?
	: >"$work/out"
	expect_status 5
	expect_err_line 'No space left'
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" --json -- 'echo x' >/dev/full \
		2>"$work/err" </dev/null || status=$?
	expect_status 5
	status=0
	"$SSHOAL_PROGRAM" hosts -f "$hosts" >/dev/full 2>"$work/err" \
		</dev/null || status=$?
	expect_status 5
}

test_closed_standard_descriptors_reach_no_host() {
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" -- 'cat; echo x' 2>"$work/err" \
		>"$work/out" <&- || status=$?
	expect_status 0
	[ "$(wc -l <"$work/out")" -eq 4 ] || fail 'not four lines'
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" -- 'echo x >&2' >"$work/out" \
		2>&- </dev/null || status=$?
	: >"$work/err"
	expect_status 0
	expect_out ''
	# Output that nobody gets is a failure.
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" -- 'echo x' 2>"$work/err" \
		>&- </dev/null || status=$?
	: >"$work/out"
	expect_status 5
	# All three closed, and nothing to say: nothing goes wrong.
	status=0
	"$SSHOAL_PROGRAM" run -f "$hosts" -- true <&- >&- 2>&- || status=$?
	expect_status 0
}

test_a_password_leaves_the_environment() {
	sed 's/^key=.*//' "$hosts" >"$work/hosts"
	SSHOAL_PASSWORD=hush-hush start run -f "$hosts" -w a -- \
		'echo begun; sleep 600'
	# Root may look into it, others may not.
	if [ -r "/proc/$pid/environ" ] &&
		tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null |
		grep -q hush-hush; then
		kill -TERM "$pid"
		finish
		fail 'the password is in /proc'
	fi
	kill -TERM "$pid"
	finish
	expect_status 143
}

run_tests
