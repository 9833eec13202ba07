#!/bin/bash
# SPDX-License-Identifier: MIT
# Questions of servers and for secrets, at a terminal and without one.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

: "${EVIL_PROGRAM:?the server that asks}"

# Starts the server that asks; four hosts of it are in $work/hosts, which log in
# as the user $1.
start_asker() {
	ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
	"$EVIL_PROGRAM" "$work/host_key" >"$work/asker" 2>&1 &
	asker=$!
	trap 'kill "$asker"' EXIT
	until grep -q '^port ' "$work/asker"; do
		kill -0 "$asker" || fail 'the server that asks did not start'
	done
	local port
	port=$(sed -n 's/^port //p' "$work/asker")
	echo "[127.0.0.1]:$port $(cat "$work/host_key.pub")" >"$work/known"
	{
		for i in 1 2 3 4; do
			echo "h$i host=127.0.0.1"
		done
		echo '[defaults]'
		echo "user=$1"
		echo "port=$port"
		echo "known-hosts=$work/known"
		echo connect-timeout=2m
		echo login-timeout=2m
	} >"$work/hosts"
}

# Runs the program on a terminal of its own, which is in $work/screen, and types
# $1 when $2 was asked, then $3 when $4 was, and so on until --.
run_at_terminal() {
	local -a typed=() wanted=()
	while [ "$1" != -- ]; do
		typed+=("$1")
		wanted+=("$2")
		shift 2
	done
	shift
	local words
	printf -v words ' %q' "$SSHOAL_PROGRAM" "$@"
	mkfifo "$work/keys"
	: >"$work/screen"
	script -q -e -c "$words" "$work/typescript" \
		<"$work/keys" >"$work/screen" 2>&1 &
	local program=$!
	exec 5>"$work/keys"
	local i seen=0
	for ((i = 0; i < ${#typed[@]}; i++)); do
		# What is typed before the question is thrown away.
		until tail -c "+$((seen + 1))" "$work/screen" |
			grep -aqF -e "${wanted[i]}"; do
			kill -0 "$program" 2>/dev/null || break
			read -rt 0.02 <> <(:) || true
		done
		seen=$(wc -c <"$work/screen")
		printf '%s\n' "${typed[i]}" >&5
	done
	status=0
	wait "$program" || status=$?
	exec 5>&-
	rm "$work/keys"
}

expect_screen() {
	local count
	count=$(grep -acF -e "$2" "$work/screen" || true)
	[ "$count" -eq "$1" ] ||
		fail "\"$2\" is on $count lines: $(cat "$work/screen")"
}

test_a_question_is_asked_once_for_all() {
	start_asker colour
	run_at_terminal blue 'colour: ' -- ping -f "$work/hosts" --no-agent
	expect_status 0
	expect_screen 1 'the answer is given to all hosts'
	expect_screen 1 'Favourite colour: '
	expect_screen 0 blue
}

test_a_code_is_asked_of_each() {
	start_asker two
	echo 'open sesame' >"$work/password"
	chmod 600 "$work/password"
	run_at_terminal code-1 'code: ' code-2 'code: ' code-3 'code: ' \
		code-4 'code: ' -- ping -f "$work/hosts" --no-agent \
		--password-file "$work/password"
	expect_status 0
	expect_screen 4 'Verification code: '
	expect_screen 0 'Password: '
	expect_screen 0 'the answer is given to all hosts'
}

test_a_question_without_a_terminal_is_an_error() {
	start_asker colour
	status=0
	setsid -w "$SSHOAL_PROGRAM" ping -f "$work/hosts" -w h1 --no-agent \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 3
	grep -q 'takes keyboard-interactive; try a password (-k)' \
		"$work/out" "$work/err" || fail 'it does not say what to try'
}

test_a_prompt_without_a_terminal_says_what_to_use() {
	status=0
	setsid -w "$SSHOAL_PROGRAM" run -f "$SITE/hosts" -k -- true \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	expect_err_line '^sshoal: .*no terminal.*--password-file'
	status=0
	setsid -w "$SSHOAL_PROGRAM" run -f "$SITE/hosts" --ask-passphrase \
		-- true >"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	expect_err_line '^sshoal: .*no terminal.*--passphrase-file'
}

test_a_passphrase_is_asked_for() {
	cp "$SITE_KEY" "$work/key"
	cp "$SITE_KEY.pub" "$work/key.pub"
	ssh-keygen -q -p -P '' -N 'a pass' -f "$work/key"
	run_at_terminal 'a pass' 'passphrase of the keys: ' -- run \
		-f "$SITE/hosts" -w a -i "$work/key" --no-agent \
		--ask-passphrase -- echo hello
	expect_status 0
	expect_screen 1 'a: hello'
	expect_screen 0 'a pass'$'\r'
	# An agent that has the key does as well.
	run run -f "$SITE/hosts" -w a -i "$work/key" -- echo hello
	expect_status 2
	expect_err_line 'needs a passphrase'
	eval "$(ssh-agent -a "$work/agent")" >/dev/null
	trap 'kill "$SSH_AGENT_PID"' EXIT
	ssh-add -q "$SITE_KEY"
	run run -f "$SITE/hosts" -w a -i "$work/key" -- echo hello
	expect_status 0
}

test_a_wrong_password_goes_to_three_hosts() {
	start_asker exit-0
	echo 'not this one' >"$work/password"
	chmod 600 "$work/password"
	run ping -f "$work/hosts" --no-agent --password-file "$work/password"
	expect_status 3
	[ "$(grep -c '^secret' "$work/asker")" -eq 3 ] ||
		fail 'not three hosts were tried'
	grep -q 'its password was refused by ' "$work/out" "$work/err" ||
		fail 'it does not say why'
	run ping -f "$work/hosts" --no-agent --password-file "$work/password" \
		--no-password-probe
	expect_status 3
	[ "$(grep -c '^secret' "$work/asker")" -eq 7 ] ||
		fail 'not all hosts were tried'
}

test_in_batch_mode_nobody_is_asked() {
	start_asker colour
	run_at_terminal -- ping -f "$work/hosts" -w h1 --no-agent \
		-o BatchMode=yes
	expect_status 3
	expect_screen 0 'Favourite colour: '
	expect_screen 1 'sshoal: 1 auth'
}

test_ways_to_log_in_are_words_of_ssh_config() {
	run run -f "$SITE/hosts" -w a -o PubkeyAuthentication=no -- true
	expect_status 3
	run run -f "$SITE/hosts" -w a -o PreferredAuthentications=password \
		-- true
	expect_status 3
	run run -f "$SITE/hosts" -w a -o 'PubkeyAcceptedAlgorithms=rsa-*' \
		-- true
	expect_status 3
	run run -f "$SITE/hosts" -w a -o PreferredAuthentications=publickey \
		-- true
	expect_status 0
	eval "$(ssh-agent -a "$work/agent")" >/dev/null
	trap 'kill "$SSH_AGENT_PID"' EXIT
	ssh-add -q "$SITE_KEY"
	unset SSH_AUTH_SOCK
	grep -v '^key=' "$SITE/hosts" >"$work/keyless"
	run run -f "$work/keyless" -w a -o IdentityAgent="$work/agent" -- true
	expect_status 0
	run run -f "$work/keyless" -w a -o IdentityAgent="$work/agent" \
		-o IdentitiesOnly=yes -- true
	expect_status 3
	run run -f "$work/keyless" -w a -- true
	expect_status 3
}

test_forwarding_the_agent_is_refused_with_a_reason() {
	local option
	for option in -A --forward-agent; do
		run run -f "$SITE/hosts" "$option" -- true
		expect_status 2
		expect_err_line 'libssh2 1\.11\.1|not in this version'
	done
}

run_tests
