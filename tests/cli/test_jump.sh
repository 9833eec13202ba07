# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Hosts behind others, from the command line and the hosts file.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The jump hosts are the site at other addresses; how they are logged in to
# the hosts file says.
hosts=$SITE/hosts

# A hosts file whose hosts lie behind what $1 says.
behind() {
	{
		echo "$1"
		printf '%s\n' 'a host=127.0.1.1' 'b host=127.0.1.2'
		sed 's/^\[defaults\]$/[defaults]\n'"$2"'/' "$SITE/settings"
	} >"$work/hosts"
}

test_a_jump_takes_its_settings_from_the_hosts_file() {
	run run -f "$hosts" -w a,b -J c -- echo hi
	expect_status 0
	expect_sorted_out 'a: hi\nb: hi\n'
	run run -f "$hosts" -w a,b -J c,d -- echo hi
	expect_status 0
	expect_sorted_out 'a: hi\nb: hi\n'
}

test_what_is_for_targets_is_not_for_jump_hosts() {
	run run -f "$hosts" -w a -J c -l nobody-there -p 1 -- true
	expect_status 3
	expect_err_line '^sshoal: a: refused.*jump host c: .*refused'
	run run -f "$hosts" -w a -J nobody-there@c -- true
	expect_status 3
	expect_err_line '^sshoal: a: auth.*jump host c: '
}

test_a_hosts_file_says_what_lies_before() {
	behind 'c host=127.0.1.3 jump=none' 'jump=c'
	run run -f "$work/hosts" -- echo hi
	expect_status 0
	expect_sorted_out 'a: hi\nb: hi\nc: hi\n'
	behind 'c host=127.0.1.3 port=1' 'jump=c'
	run run -f "$work/hosts" -w a,b -- echo hi
	expect_status 3
	expect_err_line '^sshoal: 2 refused'
	expect_err_line 'jump host c: port 1: connection refused'
	run run -f "$work/hosts" -w a,b -J none -- echo hi
	expect_status 0
	# It does not lie behind itself.
	behind 'c host=127.0.1.3' 'jump=c'
	run ping -f "$work/hosts"
	expect_status 0
}

test_jumps_that_are_none_are_usage_errors() {
	for jump in '' 'a,' ',a' 'a:0' '-x' 'a b' 'a,b,c,d,e,f,g,h,i'; do
		run run -f "$hosts" -w a -J "$jump" -- true
		expect_status 2
		[ -s "$work/err" ] || fail "-J '$jump' says nothing"
	done
	behind 'c jump=d' 'jump=c'
	echo 'd jump=c' >>"$work/hosts"
	sed -i '/^d jump/d; 1i d jump=c' "$work/hosts"
	run run -f "$work/hosts" -w a -- true
	expect_status 2
	expect_err_line 'circle'
}

test_a_proxy_command_is_an_option() {
	run run -f "$hosts" -w a -o "ProxyCommand=echo no %h:%p >&2; exit 1" \
		--connect-timeout 1 -- true
	expect_status 3
	expect_err_line 'no 127.0.1.1:'
	run run -f "$hosts" -w a,b -J c -o 'ProxyCommand=exit 1' -- echo hi
	expect_status 0
	run run -f "$hosts" -w a -o ProxyJump=c -- echo hi
	expect_status 0
	expect_out 'a: hi\n'
}

test_the_settings_of_hosts_name_it() {
	behind 'c host=127.0.1.3' 'jump=c'
	run hosts -f "$work/hosts" -w a --json
	expect_status 0
	expect_out_line '"jump":\{"value":"c","from":"[^"]*/hosts:[0-9]+"\}'
	run hosts -f "$work/hosts" -w a -J d --json
	expect_out_line '"jump":\{"value":"d","from":"-J"\}'
	run hosts -f "$hosts" -w a -o ProxyJump=x --json
	expect_out_line '"jump":\{"value":"x","from":"-o ProxyJump=x"\}'
}

test_files_go_through_a_jump_host() {
	head -c 3000000 /dev/urandom >"$work/file"
	run put -f "$hosts" -w a -J c "$work/file" "$work/there"
	expect_status 0
	cmp -s "$work/file" "$work/there" || fail 'the file differs'
	run get -f "$hosts" -w a -J c,d "$work/there" "$work/back"
	expect_status 0
	cmp -s "$work/file" "$work/back/a/there" || fail 'it differs there'
}

run_tests
