# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the tests of the program: runs the functions named test_*, each
# in a shell of its own that ends at its first failing command, and exits with
# 1 if any failed. sshoal_serve runs the scripts and says where the servers
# are; $SSHOAL_PROGRAM is the program.

set -u

: "${SSHOAL_PROGRAM:?the program to test}"
: "${SITE:?run this by sshoal_serve}"

# For tests that log in by it; the program would take it by itself.
# shellcheck disable=SC2034
account_password=${SSHOAL_PASSWORD-}

# Nothing of whoever runs the tests has a say.
unset SSH_AUTH_SOCK SSHOAL_HOSTS SSHOAL_PASSWORD XDG_STATE_HOME
export HOME=$SITE/home XDG_CONFIG_HOME=$SITE/home/.config LC_ALL=C
mkdir -p "$HOME"

# Hosts a, b, c and d are one sshd; the rest is as it is called. What is to
# reach a limit sets one of its own: a busy machine reaches none of these.
cat >"$SITE/hosts" <<EOF
a host=127.0.1.1
b host=127.0.1.2
c host=127.0.1.3
d host=127.0.1.4
EOF
cat >"$SITE/settings" <<EOF

[defaults]
user=$SITE_USER
port=$SITE_PORT
key=$SITE_KEY
known-hosts=$SITE_KNOWN_HOSTS
connect-timeout=2m
login-timeout=2m
EOF
cat "$SITE/settings" >>"$SITE/hosts"

fail() {
	echo "failed: $*" >&2
	for file in out err; do
		if [ -s "$work/$file" ]; then
			echo "--- standard $file:" >&2
			head -c 4000 "$work/$file" >&2
		fi
	done
	exit 1
}

# Runs the program; what comes out is in $work/out and $work/err, its exit
# status in $status.
run() {
	status=0
	"$SSHOAL_PROGRAM" "$@" >"$work/out" 2>"$work/err" </dev/null ||
		status=$?
}

expect_status() {
	[ "$status" -eq "$1" ] || fail "exit status $status, expected $1"
}

# Standard output, or standard error, byte for byte; lines in any order with
# sorted_.
expect_out() {
	printf '%b' "$1" | cmp -s - "$work/out" || fail "output, expected: $1"
}

expect_err() {
	printf '%b' "$1" | cmp -s - "$work/err" || fail "error, expected: $1"
}

expect_sorted_out() {
	printf '%b' "$1" | cmp -s - <(sort "$work/out") ||
		fail "sorted output, expected: $1"
}

expect_sorted_err() {
	printf '%b' "$1" | cmp -s - <(sort "$work/err") ||
		fail "sorted error, expected: $1"
}

# A line that an extended regular expression matches.
expect_out_line() {
	grep -Eq -e "$1" "$work/out" || fail "no line of output matches $1"
}

expect_err_line() {
	grep -Eq -e "$1" "$work/err" || fail "no line of error matches $1"
}

refuse_err_line() {
	! grep -Eq -e "$1" "$work/err" || fail "a line of error matches $1"
}

run_tests() {
	local failed=0 name
	for name in $(compgen -A function | grep '^test_'); do
		work=$SITE/$name
		mkdir "$work"
		# Not the condition of an if, where -e has no meaning.
		(
			set -e
			"$name"
		)
		# shellcheck disable=SC2181
		if [ $? -eq 0 ]; then
			echo "ok $name"
		else
			echo "NOT ok $name"
			failed=1
		fi
	done
	exit "$failed"
}

# Waits for the agent at $work/agent, which has no keys: its socket is there
# before it listens.
until_agent_answers() {
	local code=0
	until [ "$code" -eq 1 ]; do
		read -r -t 0.05 _ <> <(:) || :
		code=0
		SSH_AUTH_SOCK=$work/agent ssh-add -l >/dev/null 2>&1 || code=$?
	done
}
