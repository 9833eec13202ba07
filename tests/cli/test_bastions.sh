# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A few hosts behind a jump host that is far away, stopped or killed; the
# benchmark does it with hundreds. It needs root, for the account that logs in.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

bench=$(dirname "$0")/../bench
fleet=$(dirname "$0")/../../scripts/fleet

test_every_host_gets_its_class() {
	# shellcheck disable=SC2154 # lib.sh makes it.
	"$fleet" start "$work/fleet" 12
	trap '"$fleet" stop "$work/fleet"' EXIT
	# An account's shell has no start-up files that take their time.
	chmod 755 "$work" "$work/fleet"
	chmod 644 "$work/fleet/id_rsa.pub"
	sed -i "s/^user=.*/user=$SITE_ACCOUNT/" "$work/fleet/hosts"
	STRICKEN_SWALLOW=3 STRICKEN_CONNECT=20 STRICKEN_RUN=12 \
		/usr/bin/python3 \
		"$bench/stricken.py" "$SSHOAL_PROGRAM" "$work/fleet" \
		>"$work/out" 2>"$work/err" || fail 'not every host has its class'
}

run_tests
