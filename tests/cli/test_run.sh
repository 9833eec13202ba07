#!/bin/bash
# SPDX-License-Identifier: MIT
# run: what comes out, where, and the exit status.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# A hosts file of one line beside the settings.
host_file() {
	printf '%s\n' "$1" | cat - "$SITE/settings" >"$work/hosts"
}

test_each_line_has_its_label() {
	run run -f "$hosts" -- 'echo one; echo two'
	expect_status 0
	expect_sorted_out 'a: one\na: two\nb: one\nb: two\nc: one\nc: two\nd: one\nd: two\n'
}

test_streams_stay_apart() {
	run run -f "$hosts" -w a -q -- 'echo out; echo err >&2'
	expect_status 0
	expect_out 'a: out\n'
	expect_err 'a: err\n'
}

test_a_missing_newline_is_completed() {
	run run -f "$hosts" -w a -- "printf 'x\ny'"
	expect_out 'a: x\na: y\n'
}

test_without_labels_bytes_are_unchanged() {
	run run -f "$hosts" -w a -N -- "printf 'x\\0y\\r\\377'"
	expect_status 0
	expect_out 'x\0000y\r\0377'
}

test_words_are_joined_by_blanks() {
	run run -f "$hosts" -w a -- echo 'one  two' three
	expect_out 'a: one two three\n'
	run run -f "$hosts" -w a --quote -- echo 'one  two' "it's"
	expect_out "a: one  two it's\n"
	run run -f "$hosts" -w a 'echo one; echo two'
	expect_out 'a: one\na: two\n'
}

test_options_may_stand_before_run() {
	run -f "$hosts" -w a run 'echo x'
	expect_status 0
	expect_out 'a: x\n'
}

test_a_long_line_comes_in_pieces() {
	run run -f "$hosts" -w a -- 'head -c 200000 /dev/zero | tr "\0" x'
	expect_status 0
	[ "$(sed 's/^a[:+] //' "$work/out" | tr -d '\n' | wc -c)" -eq 200000 ] ||
		fail 'bytes are lost'
	[ "$(wc -L <"$work/out")" -eq $((65536 + 3)) ] ||
		fail 'a piece is not of 64 KiB'
	expect_out_line '^a\+ x'
}

test_lines_of_hosts_are_never_mixed() {
	run run -f "$hosts" -- 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); printf "$SSH_CONNECTION"; printf " and %d\n" $i; done'
	expect_status 0
	[ "$(wc -l <"$work/out")" -eq 1200 ] || fail 'lines are lost'
	! grep -Evq '^[a-d]: 127[0-9. ]+ 127\.0\.1\.[1-4] [0-9]+ and [0-9]+$' \
		"$work/out" || fail 'lines are mixed'
	for host in a b c d; do
		grep "^$host: " "$work/out" | sed 's/.* //' |
			cmp -s - <(seq 300) || fail "the order of $host"
	done
}

test_output_has_a_limit_on_demand() {
	run run -f "$hosts" -w a --max-output 6 -- 'echo one; echo two; sleep 600'
	expect_status 1
	expect_out 'a: one\na: tw\n'
	expect_err_line '^sshoal: 1 output-limit$'
	expect_err_line '^sshoal: a: output-limit: more output than 6 bytes; it was ended$'
	run run -f "$hosts" -w a --max-output 6,cut -- 'echo one; yes | head -100'
	expect_status 0
	expect_out 'a: one\na: y\n'
	expect_err_line '^sshoal: a: more output than 6 bytes; the rest is dropped'
}

test_the_limit_of_output_is_a_scripts_and_thens_too() {
	echo 'yes' >"$work/script"
	run script -f "$hosts" -w a --max-output 4 -- "$work/script"
	expect_status 1
	expect_out 'a: y\na: y\n'
	expect_err_line 'a: output-limit'
	run put -f "$hosts" -w a --max-output 4 --then yes "$work/script" \
		"$work/there"
	expect_status 1
	expect_err_line 'a: output-limit'
}

test_standard_input_is_left_alone() {
	printf 'first\n' >"$work/in"
	{
		"$SSHOAL_PROGRAM" run -f "$hosts" -q -- 'cat; echo x' \
			>"$work/out" 2>"$work/err"
		read -r line
	} <"$work/in"
	[ "$line" = first ] || fail 'standard input was read'
	[ "$(wc -l <"$work/out")" -eq 4 ] || fail 'cat did not end'
}

test_a_remote_failure_is_1() {
	run run -f "$hosts" -- 'case $SSH_CONNECTION in *127.0.1.2*) exit 7;; esac'
	expect_status 1
	expect_err_line '^sshoal: .*3 ok'
	expect_err_line '^sshoal: .*1 failed'
	expect_err_line 'b: .*7'
}

test_a_signal_is_1() {
	run run -f "$hosts" -w a -- 'kill -9 $$'
	expect_status 1
	expect_err_line 'a: .*signaled'
	expect_err_line 'KILL'
}

test_the_largest_exit_status_on_demand() {
	run run -f "$hosts" -S -- 'case $SSH_CONNECTION in *127.0.1.2*) exit 7;; *127.0.1.3*) exit 9;; esac'
	expect_status 9
	run run -f "$hosts" -w a -S -- 'exit 255'
	expect_status 255
	run run -f "$hosts" -w a -S -- true
	expect_status 0
}

test_a_host_that_is_not_reached_is_3() {
	host_file "a host=127.0.0.1
no host=127.0.0.1 port=$SITE_CLOSED"
	run run -f "$work/hosts" -S -- 'exit 9'
	expect_status 3
	expect_err_line 'no: .*refused'
	for bad in "no host=no-such-host.invalid" "no host=224.0.0.1" \
		"no known-hosts=/dev/null host=127.0.0.1"; do
		host_file "$bad"
		run run -f "$work/hosts" -- true
		expect_status 3
		expect_err_line '^sshoal: .*no: '
	done
}

test_an_unknown_key_names_the_way_out() {
	host_file 'a known-hosts=/dev/null host=127.0.0.1'
	run run -f "$work/hosts" -- true
	expect_status 3
	expect_err_line 'host-key-unknown'
	expect_err_line 'SHA256:'
	expect_err_line 'add it with: '
}

test_a_silent_server_is_a_timeout_and_3() {
	host_file "a host=127.0.0.1 port=$SITE_SILENT"
	run run -f "$work/hosts" --connect-timeout 2 -- true
	expect_status 3
	expect_err_line 'a: connect-timeout in kex after'
}

test_a_command_without_time_is_4() {
	run run -f "$hosts" -w a -u 500ms -- 'sleep 600'
	expect_status 4
	expect_err_line 'a: timeout'
	run run -f "$hosts" -w a --idle-timeout 500ms -- 'sleep 600'
	expect_status 4
	expect_err_line 'a: idle-timeout'
}

test_a_deadline_leaves_hosts_not_started() {
	run run -f "$hosts" -P 1 --deadline 4 -- 'sleep 600'
	expect_status 4
	expect_err_line '1 timeout'
	expect_err_line '3 not-started'
}

test_the_worst_class_wins() {
	host_file "a host=127.0.0.1
no host=127.0.0.1 port=$SITE_CLOSED"
	run run -f "$work/hosts" -u 500ms -- 'sleep 600'
	expect_status 3
	run run -f "$hosts" -u 3 -- 'case $SSH_CONNECTION in *127.0.1.2*) exit 7;; *) sleep 600;; esac'
	expect_status 4
}

test_quiet_says_nothing_when_all_is_well() {
	run run -f "$hosts" -q -- 'echo x'
	expect_status 0
	expect_err ''
	run run -f "$hosts" -w a -q -- 'exit 1'
	expect_err_line 'a: failed'
	run run -f "$hosts" -w a -qq -- 'exit 1'
	expect_status 1
	expect_err ''
}

test_output_none_is_the_summary_alone() {
	run run -f "$hosts" --output none -- 'echo x; echo y >&2'
	expect_status 0
	expect_out ''
	expect_err_line '^sshoal: .*4 ok'
	refuse_err_line 'y'
}

test_output_held_open_ends_by_itself() {
	run run -f "$hosts" -w a --detach-grace 2 -- 'sleep 600 & echo x'
	expect_status 0
	expect_out 'a: x\n'
}

test_a_password_is_in_no_word() {
	host_file 'a host=127.0.0.1 key=/dev/null'
	sed -i 's/^key=.*//; s/ key=[^ ]*//' "$work/hosts"
	SSHOAL_PASSWORD='hush-hush' run run -vv -f "$work/hosts" -- true
	expect_status 3
	expect_err_line 'a: auth'
	refuse_err_line 'hush-hush'
}

test_control_characters_are_raw_in_a_file() {
	run run -f "$hosts" -w a -- "printf '\\033[31mred\\n'"
	expect_out 'a: \0033[31mred\n'
}

test_ping_runs_nothing() {
	run ping -f "$hosts"
	expect_status 0
	[ "$(grep -Ec '^[a-d]: ' "$work/out")" -eq 4 ] || fail 'not four lines'
	run ping -f "$hosts" -w a --json
	expect_status 0
	expect_out_line '"status": ?"ok"'
}

test_hosts_prints_the_targets_in_order() {
	run hosts -f "$hosts"
	expect_status 0
	expect_out 'a\nb\nc\nd\n'
	run hosts -f "$hosts" --count
	expect_out '4\n'
}

test_an_agent_that_does_not_answer_is_told() {
	ssh-agent -D -a "$work/agent" >/dev/null 2>&1 &
	local agent=$!
	until_agent_answers
	kill -STOP "$agent"
	SSH_AUTH_SOCK=$work/agent run run -f "$hosts" -w a -- true
	kill -CONT "$agent"
	kill "$agent"
	expect_status 0
	expect_err_line '^sshoal: ssh-agent not used: .*no answer in time'
}

run_tests
