#!/bin/bash
# SPDX-License-Identifier: MIT
# keygen: what it makes is what ssh-keygen reads.

# Functions are called by their names.
# shellcheck disable=SC2317

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

terminal=$(dirname "$0")/at_terminal

# Compares a key with what ssh-keygen says of it. $1: the file, $2: its
# passphrase.
check_pair() {
	ssh-keygen -y -P "${2-}" -f "$1" >"$work/public" ||
		fail "$1 cannot be read"
	cut -d' ' -f1,2 "$1.pub" >"$work/made"
	cut -d' ' -f1,2 "$work/public" | cmp -s - "$work/made" ||
		fail "$1.pub is another key"
	[ "$(stat -c %a "$1")" = 600 ] || fail "$1 is not for its owner alone"
	[ "$(stat -c %a "$1.pub")" = 644 ] || fail "$1.pub is not 0644"
}

test_keys_of_every_type_are_those_of_ssh_keygen() {
	local words
	for words in 'ed25519 0 256' 'ecdsa 0 256' 'ecdsa 384 384' \
		'ecdsa 521 521' 'rsa 2048 2048' 'rsa 0 3072'; do
		# shellcheck disable=SC2086 # three words
		set -- $words
		local key=$work/$1-$2
		local bits=()
		[ "$2" = 0 ] || bits=(--bits "$2")
		run keygen --type "$1" "${bits[@]}" --file "$key" \
			--comment 'a comment' --no-passphrase
		expect_status 0
		ssh-keygen -l -f "$key.pub" | cmp -s - "$work/out" ||
			fail "another fingerprint than ssh-keygen's"
		expect_out_line "^$3 SHA256:.* a comment \("
		check_pair "$key"
		head -n 1 "$key" | grep -q 'BEGIN OPENSSH PRIVATE KEY' ||
			fail 'not in OpenSSH format'
	done
}

test_usual_names_are_those_of_ssh() {
	export HOME=$work/new
	mkdir "$HOME"
	(
		umask 000
		run keygen --no-passphrase
		expect_status 0
	)
	check_pair "$HOME/.ssh/id_ed25519"
	[ "$(stat -c %a "$HOME/.ssh")" = 700 ] || fail 'the folder is open'
	run keygen --type rsa --bits 2048 --no-passphrase
	expect_status 0
	check_pair "$HOME/.ssh/id_rsa"
	grep -q " $(id -un)@$(uname -n)\$" "$HOME/.ssh/id_rsa.pub" ||
		fail 'no comment'
}

test_nothing_is_replaced() {
	local name
	for name in key other.pub; do
		echo mine >"$work/$name"
		run keygen --file "$work/${name%.pub}" --no-passphrase
		expect_status 2
		expect_out ''
		expect_err_line "$name: is there already"
		[ "$(cat "$work/$name")" = mine ] || fail "$name is gone"
	done
	[ ! -e "$work/other" ] || fail 'half a pair was made'
	ln -s /nowhere "$work/link"
	run keygen --file "$work/link" --no-passphrase
	expect_status 2
	[ -L "$work/link" ] || fail 'a link was replaced'
}

test_a_passphrase_comes_from_a_file() {
	printf 'not so secret\n' >"$work/passphrase"
	chmod 600 "$work/passphrase"
	run keygen --file "$work/key" --passphrase-file "$work/passphrase"
	expect_status 0
	check_pair "$work/key" 'not so secret'
	! ssh-keygen -y -P '' -f "$work/key" >"$work/out" 2>"$work/err" ||
		fail 'it is not encrypted'
	chmod 644 "$work/passphrase"
	run keygen --file "$work/more" --passphrase-file "$work/passphrase"
	expect_status 2
	expect_err_line chmod
	[ ! -e "$work/more" ] || fail 'a key was made'
}

# Answers the two questions for a passphrase.
ask() {
	status=0
	"$terminal" "$work/out" "$work/err" --type 'none): ' "$1" \
		--type 'again: ' "$2" -- "$SSHOAL_PROGRAM" keygen \
		--file "$work/key" >"$work/terminal" || status=$?
}

test_a_passphrase_is_asked_for_twice() {
	ask 'type this' 'type that'
	expect_status 2
	expect_err_line 'not the same'
	[ ! -e "$work/key" ] || fail 'a key was made'
	ask 'type this' 'type this'
	expect_status 0
	! grep -q 'type this' "$work/terminal" || fail 'it is shown'
	check_pair "$work/key" 'type this'
	rm "$work/key" "$work/key.pub"
	ask '' ''
	expect_status 0
	check_pair "$work/key"
}

test_without_a_terminal_nothing_is_asked() {
	status=0
	setsid -w "$SSHOAL_PROGRAM" keygen --file "$work/key" \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	expect_err_line '--no-passphrase'
	[ ! -e "$work/key" ] || fail 'a key was made'
}

test_what_cannot_be_is_told() {
	run keygen --file "$work/key" --no-passphrase --type dsa
	expect_status 2
	run keygen --file "$work/key" --no-passphrase --type rsa --bits 1024
	expect_status 2
	expect_err_line '2048'
	run keygen --file "$work/no/key" --no-passphrase
	expect_status 2
	run keygen --file "$work/key" --no-passphrase -w a
	expect_status 2
	run keygen --file "$work/key" --no-passphrase --comment "$(printf 'a\nb')"
	expect_status 2
	! compgen -G "$work/key*" >/dev/null || fail 'something was made'
}

run_tests
