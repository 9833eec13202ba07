#!/bin/bash
# SPDX-License-Identifier: MIT
# What the shells' completion offers, asked as the shells ask.

# Functions are called by their names.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$SITE/bin"
ln -s "$SSHOAL_PROGRAM" "$SITE/bin/sshoal"
PATH=$SITE/bin:$PATH

cat >"$SITE/named" <<'EOF'
[web]
web1
web2
[db]
db1
EOF

# What bash would offer for a line with the cursor at its end, one a line; words
# are split as readline does.
offer() {
	bash --norc -c '
		eval "$(sshoal completion bash)"
		COMP_LINE=$1
		COMP_POINT=${#1}
		COMP_WORDBREAKS=$'"'"' \t\n"\47><=;|&(:@'"'"'
		read -ra COMP_WORDS <<<"$1"
		[[ $1 != *[[:blank:]] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_sshoal
		printf "%s\n" "${COMPREPLY[@]}"' bash "$1" >"$work/out"
}

expect_offer() {
	offer "$1"
	shift
	printf '%s\n' "$@" | sort | cmp -s - <(sort "$work/out") ||
		fail "offered for another than: $*"
}

test_commands_and_shells() {
	offer 'sshoal '
	for word in run script put get ping hosts completion help; do
		expect_out_line "^$word\$"
	done
	expect_offer 'sshoal pi' ping
	expect_offer 'sshoal completion ' bash zsh fish
	expect_offer 'sshoal help pu' put
	expect_offer 'sshoal nothing ' ''
}

test_options_are_those_of_the_command() {
	expect_offer 'sshoal run --known' --known-hosts
	expect_offer 'sshoal put --known' --known-hosts
	expect_offer 'sshoal hosts --known' ''
	expect_offer 'sshoal get --allow-m' --allow-missing
	expect_offer 'sshoal run --allow-m' ''
	expect_offer 'sshoal -f x run --quo' --quote
}

# Whatever is offered for a command is an option of it.
test_every_option_that_is_offered_is_one() {
	local command option
	for command in run script put get ping hosts; do
		offer "sshoal $command --"
		[ "$(wc -l <"$work/out")" -gt 5 ] || fail "few for $command"
		while read -r option; do
			"$SSHOAL_PROGRAM" "$command" "$option" -h \
				>/dev/null 2>"$work/err" </dev/null || :
			refuse_err_line 'unknown option|not an option'
		done <"$work/out"
	done
}

test_choices() {
	expect_offer 'sshoal run --progress ' auto always never
	expect_offer 'sshoal run --progress=a' auto always
	expect_offer 'sshoal run --host-key-policy acc' accept-new
	expect_offer 'sshoal run -P ' ''
}

test_hosts_and_groups_of_files() {
	expect_offer "sshoal run -f $SITE/named -w " \
		web1 web2 db1 @all @web @db
	expect_offer "sshoal run -f $SITE/named -w we" web1 web2
	expect_offer "sshoal run -w d" ''
	expect_offer "sshoal run --hosts-file=$SITE/named --hosts=db" db1
	expect_offer "sshoal run -f$SITE/named -qwweb1,d" '-qwweb1,db1'
	expect_offer "sshoal run -f $SITE/named -w web1,!w" \
		'web1,!web1' 'web1,!web2'
	# Readline takes the at sign for the end of a word.
	expect_offer "sshoal run -f $SITE/named -w @d" db
	expect_offer "sshoal run -f $SITE/named -w web1,@d" db
}

test_hosts_of_the_usual_file() {
	SSHOAL_HOSTS=$SITE/named expect_offer 'sshoal ping -w db' db1
	# What only somebody else may read is left alone.
	mkfifo "$SITE/pipe"
	expect_offer "sshoal ping -f $SITE/pipe -w " ''
	expect_offer 'sshoal ping -f - -w ' ''
	# So are files that are wrong.
	echo '[' >"$SITE/wrong"
	expect_offer "sshoal ping -f $SITE/wrong -w " ''
}

test_files() {
	mkdir "$work/d"
	: >"$work/d/one file"
	: >"$work/d/two"
	expect_offer "sshoal run -f $work/d/t" "$work/d/two"
	expect_offer "sshoal run -i $work/d/" "$work/d/one file" "$work/d/two"
	expect_offer "sshoal put $work/d/t" "$work/d/two"
	expect_offer "sshoal run --known-hosts=$work/d/t" "$work/d/two"
	expect_offer "sshoal run -- $work/d/t" ''
	expect_offer "sshoal script -- $work/d/t" "$work/d/two"
}

test_the_script_of_bash_is_clean() {
	if ! command -v shellcheck >/dev/null; then
		echo 'skipped: there is no shellcheck'
		return
	fi
	sshoal completion bash >"$work/script"
	shellcheck "$work/script" || fail 'shellcheck'
}

# Others are asked too, where they are installed.
test_zsh() {
	if ! command -v zsh >/dev/null; then
		echo 'skipped: there is no zsh'
		return
	fi
	# compadd outside of a completion is an error: it is replaced.
	zsh -f -c '
		compadd() { shift; print -l -- ${(P)1} }
		compset() { print -- "$*" }
		_files() { print files }
		compdef() { : }
		eval "$(sshoal completion zsh)"
		words=(sshoal run --progress a)
		CURRENT=4 PREFIX=a
		_sshoal
		words=(sshoal run --hosts-file=x)
		CURRENT=3 PREFIX=--hosts-file=x
		_sshoal' >"$work/out" 2>"$work/err"
	expect_out 'auto\nalways\n-P --hosts-file=\nfiles\n'
}

test_fish() {
	if ! command -v fish >/dev/null; then
		echo 'skipped: there is no fish'
		return
	fi
	: >"$work/two"
	cd "$work"
	fish --no-config -c '
		sshoal completion fish | source
		complete -C "sshoal run --progress a"
		complete -C "sshoal run --hosts-file=tw"
		complete -C "sshoal ping -f '"$SITE/named"' -w d"' \
		>"$work/out" 2>"$work/err"
	expect_out_line '^auto'
	expect_out_line '^always'
	expect_out_line '^--hosts-file=two'
	expect_out_line '^db1'
}

test_no_shell_is_a_usage_error() {
	run completion
	expect_status 2
	run completion tcsh
	expect_status 2
	expect_err_line 'bash, zsh or fish'
}

run_tests
