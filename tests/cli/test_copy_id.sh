#!/bin/bash
# SPDX-License-Identifier: MIT
# copy-id: what is in authorized_keys afterwards, and that the key logs in. All
# hosts are one account, whose home is $SITE.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

terminal=$(dirname "$0")/at_terminal
file=$SITE/.ssh/authorized_keys

password=$account_password

# Starts anew: no keys there, $1 hosts here, one key of one's own.
begin() {
	rm -rf "$HOME/.ssh" "$SITE/.ssh"
	chown "$SITE_ACCOUNT" "$SITE"
	{
		seq -f 127.0.3.%g "$1"
		printf '[defaults]\nuser=%s\nport=%s\nknown-hosts=%s\n' \
			"$SITE_ACCOUNT" "$SITE_PORT" "$SITE_KNOWN_HOSTS"
		printf 'connect-timeout=2m\nlogin-timeout=2m\n'
	} >"$work/hosts"
	printf '%s\n' "$password" >"$work/password"
	chmod 600 "$work/password"
	mkdir -m 700 "$HOME/.ssh"
	ssh-keygen -q -t ed25519 -N '' -C "it's \$mine; \`x\` \\n !" \
		-f "$HOME/.ssh/id_ed25519"
}

# Makes ~/.ssh there as the account would have it.
make_there() {
	mkdir -m 700 "$SITE/.ssh"
	cat >"$file"
	chmod 600 "$file"
	chown -R "$SITE_ACCOUNT" "$SITE/.ssh"
}

copy_id() {
	run copy-id -f "$work/hosts" --password-file "$work/password" "$@"
}

expect_file() {
	cmp -s - "$file" || fail "authorized_keys is $(cat "$file")"
}

expect_modes() {
	[ "$(stat -c '%a %U' "$SITE/.ssh")" = "700 $SITE_ACCOUNT" ] ||
		fail 'the folder is open'
	[ "$(stat -c '%a %U' "$file")" = "600 $SITE_ACCOUNT" ] ||
		fail 'the file is open'
	[ "$(find "$SITE/.ssh" | wc -l)" -eq 2 ] || fail 'something is left'
}

# Three commands from nothing to a working fleet.
test_a_hundred_new_hosts() {
	begin 100
	rm -rf "$HOME/.ssh"
	sed -i '/known-hosts/d' "$work/hosts"
	run trust -f "$work/hosts" --yes
	expect_status 0
	expect_err 'sshoal: 100 ok\n'
	run keygen --no-passphrase
	expect_status 0
	status=0
	"$terminal" "$work/out" "$work/err" --type 'password' "$password" -- \
		"$SSHOAL_PROGRAM" copy-id -f "$work/hosts" -k \
		>"$work/terminal" || status=$?
	expect_status 0
	[ "$(grep -c 'proven$' "$work/out")" -eq 100 ] || fail 'not all proven'
	expect_file <"$HOME/.ssh/id_ed25519.pub"
	expect_modes
	run run -f "$work/hosts" -- id -un
	expect_status 0
	[ "$(grep -c ": $SITE_ACCOUNT\$" "$work/out")" -eq 100 ] ||
		fail 'not all ran it'
}

test_a_key_is_added_once() {
	begin 1
	copy_id
	expect_status 0
	expect_out '127.0.3.1: added, proven\n'
	expect_file <"$HOME/.ssh/id_ed25519.pub"
	expect_modes
	copy_id
	expect_status 0
	expect_out '127.0.3.1: there already, proven\n'
	expect_file <"$HOME/.ssh/id_ed25519.pub"
}

test_what_is_there_stays() {
	begin 1
	printf '# mine\n\nfrom="*" ssh-rsa AAAA x\\y\n  odd \t\nno end' |
		make_there
	chmod 755 "$SITE/.ssh"
	chmod 644 "$file"
	copy_id
	expect_status 0
	{
		printf '# mine\n\nfrom="*" ssh-rsa AAAA x\\y\n  odd \t\nno end\n'
		cat "$HOME/.ssh/id_ed25519.pub"
	} | expect_file
	expect_modes
}

test_a_key_in_a_comment_or_with_options() {
	begin 1
	sed 's/^/# /' "$HOME/.ssh/id_ed25519.pub" | make_there
	copy_id
	expect_status 0
	expect_out_line ': added, proven$'
	rm -r "$SITE/.ssh"
	sed 's/^/no-pty /' "$HOME/.ssh/id_ed25519.pub" | make_there
	copy_id
	expect_status 0
	expect_out_line ': there already, proven$'
	[ "$(wc -l <"$file")" -eq 1 ] || fail 'it was added again'
}

test_many_at_a_time_lose_nothing() {
	local i pids=()
	begin 20
	for i in 1 2 3 4 5; do
		ssh-keygen -q -t ed25519 -N '' -C "key $i" -f "$work/key$i"
		"$SSHOAL_PROGRAM" copy-id -f "$work/hosts" --pubkey \
			"$work/key$i.pub" --password-file "$work/password" \
			>"$work/out$i" 2>&1 &
		pids+=($!)
		"$SSHOAL_PROGRAM" copy-id -f "$work/hosts" \
			--password-file "$work/password" \
			>"$work/same$i" 2>&1 &
		pids+=($!)
	done
	status=0
	for i in "${pids[@]}"; do
		wait "$i" || status=$?
	done
	expect_status 0
	sort "$work"/key?.pub "$HOME/.ssh/id_ed25519.pub" >"$work/expected"
	sort "$file" | cmp -s - "$work/expected" || fail "$(cat "$file")"
	expect_modes
}

test_the_old_key_goes_once_the_new_is_proven() {
	begin 10
	ssh-keygen -q -t ed25519 -N '' -C old -f "$work/old"
	{
		printf '# mine\nssh-rsa AAAA x\n'
		cat "$work/old.pub"
		sed 's/^/no-pty /' "$work/old.pub"
		printf 'no end'
	} | make_there
	run copy-id -f "$work/hosts" -i "$work/old" --remove "$work/old.pub"
	expect_status 0
	[ "$(grep -c 'old key removed$' "$work/out")" -ge 1 ] ||
		fail 'it is not said'
	{
		printf '# mine\nssh-rsa AAAA x\nno end\n'
		cat "$HOME/.ssh/id_ed25519.pub"
	} | expect_file
	expect_modes
	run ping -f "$work/hosts" -i "$work/old" --login-timeout 2m
	expect_status 0 # by ~/.ssh/id_ed25519
	mv "$HOME/.ssh" "$work/ssh"
	run ping -f "$work/hosts" -i "$work/old"
	expect_status 3
}

test_nothing_goes_without_a_proof() {
	begin 1
	ssh-keygen -q -t ed25519 -N '' -C old -f "$work/old"
	make_there <"$work/old.pub"
	# Without its private half nobody is contacted.
	rm "$HOME/.ssh/id_ed25519"
	copy_id --remove "$work/old.pub"
	expect_status 2
	expect_out ''
	expect_err_line 'cannot be proven'
	expect_file <"$work/old.pub"
	# A key that the server does not take is installed, and nothing goes.
	ssh-keygen -q -t ed25519 -N '' -f "$work/new"
	sed 's/^/from="192.0.2.1" /' "$work/new.pub" >>"$file"
	cp "$file" "$work/before"
	copy_id --pubkey "$work/new.pub" --remove "$work/old.pub"
	expect_status 3
	expect_out_line '^127\.0\.3\.1: auth: the key was installed, but not proven'
	expect_file <"$work/before"
}

test_without_the_private_half_it_says_so() {
	begin 1
	rm "$HOME/.ssh/id_ed25519"
	copy_id --json
	expect_status 0
	expect_out_line '"key_added":true,"key_proven":false,"old_key_removed":false'
	copy_id
	expect_status 0
	expect_out_line ': there already, not proven'
	ssh-keygen -q -t ed25519 -N 'pass phrase' -f "$work/locked"
	copy_id --pubkey "$work/locked.pub"
	expect_status 0
	expect_err_line 'passphrase'
	expect_out_line ': added, not proven'
}

test_an_agent_proves_it() {
	begin 2
	ssh-keygen -q -t ed25519 -N 'pass phrase' -C old -f "$work/old"
	ssh-agent bash -ec '
		mv "$HOME/.ssh/id_ed25519" "$0/moved"
		ssh-add -q "$0/moved"
		"$SSHOAL_PROGRAM" copy-id -f "$0/hosts" \
			--password-file "$0/password" \
			--remove "$0/old.pub" >"$0/out" 2>"$0/err"
	' "$work" || fail 'not by the agent'
	[ "$(grep -c ', proven$' "$work/out")" -eq 2 ] || fail 'not proven'
}

test_the_newest_key_is_taken() {
	begin 1
	ssh-keygen -q -t ecdsa -N '' -C newer -f "$HOME/.ssh/id_ecdsa"
	touch -d '1 hour ago' "$HOME/.ssh/id_ed25519.pub"
	touch -d '1 hour' "$HOME/.ssh/id_ecdsa-cert.pub"
	copy_id
	expect_status 0
	expect_file <"$HOME/.ssh/id_ecdsa.pub"
	rm -r "$HOME/.ssh"
	copy_id
	expect_status 2
	expect_err_line 'sshoal keygen'
}

test_logins_shells_do_not_matter() {
	local shell found=0
	for shell in tcsh csh fish zsh mksh ksh bash; do
		shell=$(command -v "$shell") || continue
		found=1
		begin 1
		usermod -s "$shell" "$SITE_ACCOUNT"
		copy_id
		usermod -s /bin/sh "$SITE_ACCOUNT"
		expect_status 0
		expect_out_line ': added, proven$'
		expect_file <"$HOME/.ssh/id_ed25519.pub"
	done
	[ "$found" -eq 1 ] || fail 'there is no other shell'
}

# The waits between are longer than a session without a limit of its own has.
test_a_server_that_is_busy_is_asked_again_for_the_proof() {
	local port
	begin 1
	coproc busy { "$(dirname "$0")/busy_server" "$SITE_PORT" \
		pass close close close close close; }
	# shellcheck disable=SC2154 # coproc sets it
	read -r port <&"${busy[0]}"
	sed -i "s/^127.*/127.0.0.1 port=$port/; s/^port=.*//" "$work/hosts"
	sed "s/:$SITE_PORT /:$port /" "$SITE_KNOWN_HOSTS" >"$work/known"
	copy_id --known-hosts "$work/known"
	eval "exec ${busy[1]}>&-"
	wait
	expect_status 0
	expect_out '127.0.0.1: added, proven\n'
}

test_a_home_that_others_write_to_is_told() {
	begin 1
	chmod g+w "$SITE"
	copy_id
	chmod g-w "$SITE"
	expect_status 0
	expect_err_line 'home is writable'
}

test_a_lock_of_the_dead_is_no_lock() {
	begin 1
	make_there </dev/null
	ln -s "$(uname -n).999999999" "$SITE/.ssh/.sshoal-lock"
	copy_id
	expect_status 0
	expect_modes
}

test_a_file_that_cannot_be_written_is_1() {
	begin 1
	make_there </dev/null
	chown root "$file"
	copy_id
	expect_status 1
	expect_out_line '^127\.0\.3\.1: failed: exit status [0-9]+: .*authorized_keys'
	rm -r "$SITE/.ssh"
	: >"$SITE/.ssh"
	copy_id
	expect_status 1
	expect_out_line 'failed: .*\.ssh'
	rm "$SITE/.ssh"
}

test_a_refused_login_installs_nothing() {
	begin 2
	echo wrong >"$work/password"
	copy_id
	expect_status 3
	expect_err_line '2 auth'
	[ ! -e "$file" ] || fail 'there is a key'
	copy_id --pubkey "$work/none.pub"
	expect_status 2
	copy_id --remove "$HOME/.ssh/id_ed25519.pub"
	expect_status 2
	expect_err_line 'it is the key that is installed'
}

run_tests
