# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The variables in single quotes are the remote shell's; output is searched.
# shellcheck disable=SC2016

# Output that is held: hosts together, by themselves, or those that failed.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# Says a line of its own on host c, and exits with 3 there.
odd='case $SSH_CONNECTION in *" 127.0.1.3 "*) echo odd; exit 3; esac'

test_hosts_that_say_the_same_are_together() {
	run run -b -f "$hosts" -- "echo same; echo error >&2; $odd"
	expect_status 1
	expect_out '== a,b,d (3)\nsame\n== c (1): failed: exit status 3\nsame\nodd\n'
	expect_err 'sshoal: standard error of a,b,d (3):\nerror\nsshoal: standard error of c (1):\nerror\nsshoal: 3 ok, 1 failed\nsshoal: c: failed: exit status 3\n'
}

test_one_stream_for_both_needs_no_second_header() {
	"$SSHOAL_PROGRAM" run -qb -f "$hosts" -- 'echo x; echo y >&2' \
		>"$work/out" 2>&1 </dev/null
	expect_out '== a,b,c,d (4)\nx\ny\n'
}

test_a_difference_and_a_mask() {
	run run -q --diff --mask 'pid [0-9]+' -f "$hosts" -- \
		"echo pid \$\$; seq 4; $odd; echo end"
	expect_status 1
	expect_out_line '^== a,b,d \(3\)$'
	tail -n +8 "$work/out" >"$work/rest"
	mv "$work/rest" "$work/out"
	sed -i 's/pid .*/pid/' "$work/out"
	expect_out '== c (1): failed: exit status 3\n@@ -3,4 +3,4 @@\n 2\n 3\n 4\n-end\n+odd\n'
}

test_live_shows_lines_as_well() {
	run run --live -f "$hosts" -w a,b -- 'echo x'
	expect_status 0
	expect_out_line '^a: x$'
	expect_out_line '^b: x$'
	tail -n 2 "$work/out" | cmp - <(printf '== a,b (2)\nx\n') ||
		fail 'no group after the lines'
}

test_each_host_by_itself_in_order() {
	run run --output host --sorted -f "$hosts" -- "printf x; $odd"
	expect_status 1
	sed -i 's/after .*/after/' "$work/out"
	expect_out '== a\nx\n== b\nx\n== c: failed: exit status 3\nxodd\n== d\nx\n'
}

test_only_what_failed_is_shown() {
	run run --output failed -q -f "$hosts" -- "echo x; $odd"
	expect_status 1
	expect_out 'c: x\nc: odd\n'
	run run --output failed -q -f "$hosts" -- 'echo x; echo y >&2'
	expect_status 0
	expect_out ''
	expect_err ''
	run ping --output failed -f "$hosts"
	expect_status 0
	expect_out ''
}

# A job in the background does not see an interrupt from a keyboard.
test_an_interrupt_prints_what_was_gathered() {
	mkfifo "$work/pipe"
	exec 3<>"$work/pipe"
	"$SSHOAL_PROGRAM" run -b -f "$hosts" -- \
		"echo begun; case \$SSH_CONNECTION in *' 127.0.1.3 '*) exec sleep 60; esac; echo >$work/pipe" \
		>"$work/out" 2>"$work/err" </dev/null &
	local pid=$! code=0
	for _ in 1 2 3; do
		read -r _ <&3
	done
	kill -TERM "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 143 ] || fail "exit status $code"
	expect_out_line '^== .*c.*: cancelled$'
	expect_out_line '^begun$'
}

test_control_characters_are_visible_on_a_terminal_alone() {
	command -v script >/dev/null || return 0
	script -qec "'$SSHOAL_PROGRAM' run -b --progress never -f '$hosts' -w a,b -- \"printf 'x\\\\033[2Jy\\\\n'\"" \
		/dev/null >"$work/out" </dev/null
	expect_out_line 'x\\x1b\[2Jy'
	run run -b -f "$hosts" -w a,b -- "printf 'x\\033[2Jy\\n'"
	expect_out '== a,b (2)\nx\033[2Jy\n'
}

# Without room for what must be held nothing is lost unnoticed.
test_a_full_temporary_folder_ends_the_run() {
	local from=$work/none
	if [ "$(id -u)" -eq 0 ] && mkdir "$work/full" &&
		mount -t tmpfs -o size=64k none "$work/full" 2>/dev/null; then
		from=$work/full
	fi
	local size=$((12 * 1024 * 1024))
	TMPDIR=$from run run -b -f "$hosts" -w a,b -- \
		"head -c $size /dev/zero | tr '\\0' x"
	[ "$from" = "$work/none" ] || umount "$work/full"
	expect_status 5
	expect_err_line "temporary file in $from: No "
	expect_err_line 'not complete'
}

# The same data through the tools that people come from: the same groups.
test_groups_are_those_of_dshbak_and_clubak() {
	if ! command -v clubak >/dev/null || ! command -v dshbak >/dev/null; then
		echo 'clubak and dshbak are not installed: not compared'
		return 0
	fi
	{
		for i in $(seq 1 40); do
			printf 'n%d host=127.0.1.%d\n' "$i" "$i"
		done
		cat "$SITE/settings"
	} >"$work/fleet"
	local say='n=${SSH_CONNECTION#* 127.0.1.} n=${n#*127.0.1.} n=${n%% *}; echo variant $((n % 7)); seq $((n % 3))'
	run run -f "$work/fleet" -- "$say"
	expect_status 0
	mv "$work/out" "$work/lines"
	run run -qb -f "$work/fleet" -- "$say"
	grep '^== ' "$work/out" | sed 's/^== \(.*\) (.*/\1/' |
		sed 's/\[//; s/\]//' | sort >"$work/ours"
	[ "$(wc -l <"$work/ours")" -eq 21 ] || fail 'not 21 groups'
	dshbak -c <"$work/lines" | sed -n 's/^n\(.*\)/n\1/p' |
		sed 's/\[//; s/\]//' | sort >"$work/dshbak"
	clubak -b <"$work/lines" | sed -n 's/^n\(.*\)/n\1/p' |
		sed 's/ (.*//; s/\[//; s/\]//' | sort >"$work/clubak"
	cmp "$work/ours" "$work/dshbak" || fail 'not the groups of dshbak'
	cmp "$work/ours" "$work/clubak" || fail 'not the groups of clubak'
}

run_tests
