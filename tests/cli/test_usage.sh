#!/bin/bash
# SPDX-License-Identifier: MIT
# Wrong options and files: exit status 2, a reason on standard error, nothing
# on standard output, nothing contacted.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

expect_usage() {
	expect_status 2
	expect_out ''
	expect_err_line '^sshoal: '
	refuse_err_line 'ok'
	[ -z "${1-}" ] || expect_err_line "$1"
}

test_unknown_options_and_commands() {
	run run -f "$hosts" --no-such-option -- true
	expect_usage no-such-option
	run no-such-command -f "$hosts"
	expect_usage no-such-command
	# Long options are not abbreviated.
	run run -f "$hosts" --para 3 -- true
	expect_usage para
}

test_missing_words() {
	run run -f "$hosts"
	expect_usage
	run run -f "$hosts" --
	expect_usage
	run run -f
	expect_usage
	run run -- true
	expect_usage
}

test_a_command_of_many_words_needs_two_dashes() {
	run run -f "$hosts" echo hello
	expect_usage '--'
	run run 'echo x' -f "$hosts"
	expect_usage '--'
}

test_missing_words_of_files() {
	run put -f "$hosts" x
	expect_usage 'SRC'
	run get -f "$hosts"
	expect_usage 'DIR'
	run script -f "$hosts"
	expect_usage 'which'
	run script x.sh -f "$hosts"
	expect_usage '--'
	run put x y
	expect_usage 'which hosts'
}

test_values_of_files_that_are_none() {
	local words
	for words in '--mode 8' '--mode 10000' '--owner a:' '--owner -b' \
		'--bwlimit fast' '--no-atomic --resume' '--parents' \
		'--progress sometimes' '-N'; do
		# shellcheck disable=SC2086 # an option and its value
		run put -f "$hosts" $words "$SITE/hosts" x
		expect_usage
	done
}

test_values_that_are_none() {
	local words
	for words in '-P 0' '-P x' '-P 100001' '-u 3x' '-u -1' '-p 0' \
		'-p 65536' '--output pretty' '--host-key-policy maybe' \
		'--retries -1' '-F /no/such/file' '-o Port' '-o Port=x' \
		'-o NoSuchWord=1' '-o Host=a'; do
		# shellcheck disable=SC2086 # an option and its value
		run run -f "$hosts" $words -- true
		expect_usage
	done
}

test_a_user_that_no_hosts_file_may_name_is_refused() {
	local user
	for user in 'a b' -x "$(printf '\033[1mx')" "$(printf 'a\nb')" \
		"$(printf '%0300d' 0)"; do
		run run -f "$hosts" -l "$user" -- true
		expect_usage 'name'
	done
	run run -f "$hosts" -l 'DOMAIN\user@realm' --output none -- true
	expect_status 3
}

test_letters_of_other_tools_name_the_way_out() {
	run run -T 5 -f "$hosts" -- true
	expect_usage
	run run -f 5 -w a -- true
	expect_usage
	run run -w ^"$hosts" -- true
	expect_usage
}

test_hosts_files_that_are_wrong() {
	run run -f "$SITE/no-such-file" -- true
	expect_usage no-such-file
	printf 'a\nb nonsense=1\n' >"$work/hosts"
	run run -f "$work/hosts" -- true
	expect_usage 'hosts:2:'
	: >"$work/hosts"
	run run -f "$work/hosts" -- true
	expect_usage 'no hosts'
	run run -f "$work/hosts" --allow-empty -- true
	expect_status 0
	run run -f "$hosts" -w nobody -- true
	expect_usage nobody
}

test_a_password_that_others_can_read_is_refused() {
	printf 'a host=127.0.0.1 password=hush\n' >"$work/hosts"
	chmod 644 "$work/hosts"
	run run -f "$work/hosts" -- true
	expect_usage chmod
	refuse_err_line hush
	chmod 600 "$work/hosts"
	run hosts -f "$work/hosts"
	expect_status 0
}

test_keys_that_are_none_contact_nobody() {
	run run -f "$hosts" -i "$SITE/no-such-key" -- true
	expect_usage no-such-key
	cp "$SITE_KEY.pub" "$work/key"
	chmod 600 "$work/key"
	run run -f "$hosts" -i "$work/key" -- true
	expect_usage "$work/key"
	cp "$SITE_KEY" "$work/open"
	chmod 644 "$work/open"
	run run -f "$hosts" -i "$work/open" -- true
	expect_usage "$work/open"
}

test_a_prompt_without_a_terminal_is_an_error() {
	status=0
	setsid -w "$SSHOAL_PROGRAM" run -f "$hosts" -k -- true \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_usage
}

test_help_and_version_are_no_errors() {
	for words in '' help --help -h --version 'help run' 'run --help' 'help put' 'get -h' 'script -h'; do
		# shellcheck disable=SC2086 # words
		run $words
		expect_status 0
		expect_err ''
		[ -s "$work/out" ] || fail "$words says nothing"
	done
	run --version
	expect_out_line '^sshoal [0-9]'
	expect_out_line 'libssh2'
	expect_out_line 'OpenSSL'
}

run_tests
