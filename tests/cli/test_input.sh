#!/bin/bash
# SPDX-License-Identifier: MIT
# --stdin, --env, --cwd and --tty: what commands and scripts run in.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# Runs the program with standard input from a pipe; "$1" is the command that
# writes into it.
run_piped() {
	local writer=$1
	shift
	status=0
	eval "$writer" 2>/dev/null |
		"$SSHOAL_PROGRAM" "$@" >"$work/out" 2>"$work/err" || status=$?
}

# More than memory keeps and windows take.
make_big() {
	head -c 6000000 /dev/urandom >"$work/big"
	sum=$(md5sum <"$work/big")
}

expect_sum_of() {
	for host in "$@"; do
		expect_out_line "^$host: $sum"
	done
}

test_every_host_gets_the_same_file() {
	make_big
	run run -f "$hosts" --stdin "$work/big" -- md5sum
	expect_status 0
	expect_sum_of a b c d
}

test_a_pipe_is_read_once_for_all() {
	make_big
	run_piped 'cat "$work/big"' run -f "$hosts" --stdin - -- md5sum
	expect_status 0
	expect_sum_of a b c d
}

test_hosts_that_start_late_get_all_of_it() {
	make_big
	run_piped 'cat "$work/big"' run -P 1 -f "$hosts" --stdin - -- md5sum
	expect_status 0
	expect_sum_of a b c d
}

test_a_host_that_does_not_read_stops_nobody() {
	make_big
	mkfifo "$work/3" "$work/4"
	run_piped 'cat "$work/big"' run -f "$hosts" --stdin - -- \
		"n=\${SSH_CONNECTION% *}; n=\${n##*.}; case \$n in 1) read -r x <'$work/3'; read -r x <'$work/4'; echo heard;; 2) ;; *) md5sum; echo x >'$work/'\$n;; esac"
	expect_status 0
	expect_sum_of c d
	expect_out_line '^a: heard$'
}

test_no_more_is_read_than_somebody_needs() {
	run_piped 'yes' run -f "$hosts" --stdin - -- 'head -n 1'
	expect_status 0
	expect_sorted_out 'a: y\nb: y\nc: y\nd: y\n'
}

test_lines_come_as_they_are_written() {
	mkfifo "$work/answer"
	run_piped 'echo one; read -r x <"$work/answer"; echo "$x"' \
		run -f "$hosts" -w a --stdin - -- \
		"read -r x; echo \"got \$x\" >'$work/answer'; cat"
	expect_status 0
	expect_out 'a: got one\n'
}

test_a_file_that_shrinks_is_an_error() {
	head -c 20000000 /dev/zero >"$work/shrinking"
	mkfifo "$work/begun" "$work/go"
	"$SSHOAL_PROGRAM" run -f "$hosts" -w a --stdin "$work/shrinking" -- \
		"head -c 1 >'$work/begun'; read -r x <'$work/go'; wc -c" \
		>"$work/out" 2>"$work/err" </dev/null &
	local program=$!
	head -c 1 "$work/begun" >"$work/first"
	truncate -s 10 "$work/shrinking"
	echo go >"$work/go"
	status=0
	wait "$program" || status=$?
	expect_status 5
	expect_err_line '^sshoal: a: local in run after .*shrinking: it has become shorter'
}

test_a_file_that_is_made_as_it_is_read_is_read_to_its_end() {
	run run -f "$hosts" -w a,b --stdin /proc/version -- cat
	expect_sorted_out "a: $(cat /proc/version)\nb: $(cat /proc/version)\n"
}

test_what_is_no_file_is_told_before_contact() {
	run run -f "$hosts" --stdin "$work/nonesuch" -- cat
	expect_status 2
	expect_err_line "^sshoal: standard input for the hosts: $work/nonesuch: No such file"
	run run -f "$hosts" --stdin "$work" -- cat
	expect_status 2
	expect_err_line 'it is a folder'
}

test_standard_input_is_for_one() {
	run_piped 'echo a' run -f - --stdin - -- cat
	expect_status 2
	expect_err_line '^sshoal: --stdin -: the hosts come from standard input'
	run_piped 'echo a' run -f "$hosts" -w - --stdin - -- cat
	expect_status 2
	run ping -f "$hosts" --stdin x
	expect_status 2
	expect_err_line '^sshoal: --stdin: not an option of ping'
}

test_an_interrupt_ends_who_waits_for_input() {
	mkfifo "$work/in" "$work/begun"
	env --default-signal=INT "$SSHOAL_PROGRAM" run -f "$hosts" -w a \
		--stdin "$work/in" -- "echo x >'$work/begun'; cat" >"$work/out" 2>"$work/err" \
		</dev/null &
	local program=$!
	exec 9>"$work/in"
	read -r x <"$work/begun"
	[ "$x" = x ] || fail 'it did not begin'
	kill -INT "$program"
	status=0
	wait "$program" || status=$?
	exec 9>&-
	expect_status 130
	expect_err_line '^sshoal: a: cancelled'
}

test_a_limit_ends_who_does_not_read() {
	make_big
	run run -f "$hosts" -w a -u 2 --stdin "$work/big" -- 'sleep 600'
	expect_status 4
	expect_err_line '^sshoal: a: timeout in run .*it was ended'
	run_piped 'cat "$work/big"' run -f "$hosts" -w a -u 2 --stdin - -- \
		'sleep 600'
	expect_status 4
	expect_err_line '^sshoal: a: timeout in run .*it was ended'
}

test_variables_arrive_whole() {
	run run -f "$hosts" -w a --env "A=it's \"x\" \$HOME" --env B= \
		--env 'C=one
two' -- 'printf "%s|%s|%s" "$A" "$B" "$C"'
	expect_out "a: it's \"x\" \$HOME||one\na: two\n"
	for wrong in A 1A=b =b A-B=c 'A B=c'; do
		run run -f "$hosts" -w a --env "$wrong" -- true
		expect_status 2
		expect_err_line '^sshoal: --env "[^"]*": write NAME=VALUE'
	done
}

test_hosts_files_have_variables_of_their_own() {
	cat "$hosts" - >"$work/hosts" <<-'EOF'
		env.C=c
		[some]
		a env.A="it's a"
		b
		[some:vars]
		env.B=some
		[all:vars]
		env.A=all
		env.B="two words"
		var.A="no variable of the environment"
	EOF
	run run -f "$work/hosts" -w a,b,c -- 'echo "$A|$B|$C"'
	expect_status 0
	expect_sorted_out "a: it's a|some|c\nb: all|some|c\nc: all|two words|c\n"
	run run -f "$work/hosts" -w a --env A=given -- 'echo "$A|$B|$C"'
	expect_out 'a: given|some|c\n'
}

test_a_folder_is_entered_or_nothing_runs() {
	mkdir "$work/it's a folder"
	run run -f "$hosts" -w a --cwd "$work/it's a folder" -- pwd
	expect_out "a: $work/it's a folder\n"
	run run -f "$hosts" -w a --cwd '~' -- '[ "$PWD" = "$HOME" ] && echo home'
	expect_out 'a: home\n'
	run run -f "$hosts" -w a -S --cwd "$work/nonesuch" -- 'echo ran'
	expect_status 126
	expect_out ''
	echo 'echo ran' >"$work/script"
	run script -f "$hosts" -w a -S --cwd "$work/nonesuch" -- "$work/script"
	expect_status 126
	expect_out ''
}

test_a_terminal_on_demand() {
	TERM=vt220 run run -f "$hosts" -w a -t -- \
		'test -t 0 && test -t 1 && test -t 2; echo $?; stty size; echo $TERM; echo err >&2'
	expect_status 0
	expect_out 'a: 0\r\na: 24 80\r\na: vt220\r\na: err\r\n'
}

test_input_ends_on_a_terminal() {
	run run -f "$hosts" -w a -t -- 'stty -echo; cat; echo end'
	expect_out 'a: end\r\n'
	run_piped "printf 'one\ntwo'" run -f "$hosts" -w a -t --stdin - -- \
		'stty -echo; cat; echo; echo end'
	expect_out_line '^a: end'
	expect_out_line 'two'
}

test_scripts_get_all_of_it() {
	cat >"$work/script" <<-'EOF'
		#!/bin/sh
		echo "$SSHOAL_NAME $SSHOAL_INDEX $X $PWD $*"
		cat
	EOF
	run_piped "printf 'one\n'" script -f "$hosts" -w a,b --stdin - \
		--env X=y --cwd / -- "$work/script" 'c  d'
	expect_status 0
	expect_sorted_out 'a: a 0 y / c  d\na: one\nb: b 1 y / c  d\nb: one\n'
	run script -f "$hosts" -w a -t -- "$work/script"
	expect_status 0
	expect_out_line '^a: a 0'
}

run_tests
