#!/bin/bash
# SPDX-License-Identifier: MIT
# Which hosts are meant: expressions, hosts files, what is left out, shards,
# what is printed of them, and looking before leaping.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The program with standard input.
run_with_input() {
	status=0
	printf '%b' "$1" >"$work/in"
	shift
	"$SSHOAL_PROGRAM" "$@" >"$work/out" 2>"$work/err" <"$work/in" ||
		status=$?
}

write_hosts() {
	cat >"$work/hosts" <<-EOF
		lone
		[web]
		web[01-04] user=www
		[db]
		db1 password=hush
		root@db2:2222
		[web:vars]
		port = 2022
		[defaults]
		timeout = 7s
	EOF
	chmod 600 "$work/hosts"
}

test_expressions() {
	write_hosts
	run hosts -w 'a[1-3],b!a2'
	expect_out 'a1\na3\nb\n'
	run hosts -f "$work/hosts" -w '@web&web*[2-9]'
	expect_out 'web02\nweb03\nweb04\n'
	run hosts -f "$work/hosts" -w web01 -w '@db'
	expect_out 'web01\ndb1\ndb2\n'
	run hosts -f "$work/hosts" -w '@*' --count
	expect_out '7\n'
	run hosts -f "$work/hosts" -w 'zzz*'
	expect_status 2
	expect_err_line 'no host matches zzz\*'
	run hosts -w 'a[1-99999999]'
	expect_status 2
	expect_err_line 'column 2: more than 10 million'
}

test_expressions_on_standard_input() {
	write_hosts
	run_with_input 'a1 a[3-4] # not a5\n#nor a6\n\n\tb\n' hosts -w -
	expect_out 'a1\na3\na4\nb\n'
	run_with_input 'a1\n' hosts -w - -w x
	expect_out 'a1\nx\n'
	run_with_input '' hosts -w -
	expect_status 2
	expect_err_line 'no hosts'
	run_with_input '# nobody\n' hosts -f "$work/hosts" -w - --allow-empty
	expect_status 0
	expect_out ''
	run_with_input 'a' hosts -w - -f -
	expect_status 2
	run_with_input 'a\0b\n' hosts -w -
	expect_status 2
	expect_err_line 'NUL'
}

test_what_is_excluded() {
	write_hosts
	run hosts -f "$work/hosts" -x '@web' -x lone
	expect_out 'db1\ndb2\n'
	expect_err ''
	run hosts -f "$work/hosts" -x 'web*,db1,broken7'
	expect_out 'lone\ndb2\n'
	expect_err ''
	# Nobody counts on what does nothing.
	run hosts -w a -x broken7
	expect_status 0
	expect_out 'a\n'
	expect_err_line '^sshoal: -x broken7: takes no host out$'
	run hosts -w a -x @gone
	expect_status 2
	expect_err_line 'no group gone'
	run hosts -w a,b -x '*'
	expect_status 2
	expect_err_line 'no hosts'
}

test_shards_and_orders() {
	run hosts -w 'a[1-7]' -x a3 --shard 2/3
	expect_out 'a2\na6\n'
	run hosts -w 'b,a10,a9' --sorted
	expect_out 'a9\na10\nb\n'
	run hosts -w 'a[1-500]' --pick 20 --shuffle
	[ "$(sort -u "$work/out" | wc -l)" -eq 20 ] || fail 'not 20 hosts'
	run hosts -w 'a[1-500]' --shuffle --fold
	expect_out 'a[1-500]\n'
	run hosts -w 'a[1-500]' --shuffle
	! cmp -s "$work/out" <(seq -f 'a%g' 500) || fail 'in order'
}

test_folded_is_given_back() {
	write_hosts
	run hosts -f "$work/hosts" --fold
	expect_out 'db[1-2],lone,web[01-04]\n'
	run hosts -f "$work/hosts" -w "$(cat "$work/out")" --fold
	expect_out 'db[1-2],lone,web[01-04]\n'
	run hosts -w '[::1]:22,[::2]:22,u@a[1-3],::7' --fold
	expect_out '[::1]:22,[::2]:22,[::7],u@a[1-3]\n'
}

test_settings_and_where_they_are_from() {
	write_hosts
	run hosts -f "$work/hosts" -w 'web01,x@db1:9' -l me -i /k --json
	expect_status 0
	# Each line is JSON, and no secret is anywhere.
	python3 -c 'import json, sys
for line in sys.stdin: json.loads(line)' <"$work/out"
	! grep -q hush "$work/out" || fail 'a secret'
	expect_out_line '"event":"start","targets":2,"version":"[^"]*","job":"hosts"'
	expect_out_line '"host":"web01","name":"web01",.*"port":\{"value":"2022","from":"[^"]*/hosts:8"\}'
	expect_out_line '"host":"web01".*"user":\{"value":"me","from":"-l"\}'
	expect_out_line '"host":"web01".*"key":\[\{"value":"/k","from":"-i"\}\]'
	expect_out_line '"host":"web01".*"host":\{"value":"web01","from":"name"\}'
	expect_out_line '"host":"web01".*"timeout":\{"value":"7s","from":"[^"]*/hosts:10"\}'
	expect_out_line '"host":"db1".*"user":\{"value":"x","from":"-w"\}'
	expect_out_line '"host":"db1".*"port":\{"value":"9","from":"-w"\}'
	expect_out_line '"host":"db1".*"password":\{"secret":true,"from":"[^"]*/hosts:5"\}'
	expect_out_line '"event":"summary","targets":2,"exit":0'
}

test_what_ssh_config_says_is_among_them() {
	write_hosts
	cat >"$work/config" <<-EOF
		Host web*
		User cfg
		Port 99
		IdentityFile /c1
		IdentityFile /c2
		StrictHostKeyChecking no
		Match user www
		Compression yes
		Host lone
		HostName %%
	EOF
	run hosts -f "$work/hosts" -F "$work/config" -o ConnectTimeout=3 \
		-o Timeout=9 --json
	expect_status 2
	expect_err_line 'Timeout'
	run hosts -f "$work/hosts" -F "$work/config" -o ConnectTimeout=3 \
		-o Port=98 -w web01,db1 --json
	expect_status 0
	# The hosts file is stronger than ssh_config, and -o than both.
	expect_out_line '"host":"web01".*"user":\{"value":"www","from":"[^"]*/hosts:3"\}'
	expect_out_line '"host":"web01".*"port":\{"value":"98","from":"-o Port=98"\}'
	expect_out_line '"host":"web01".*"key":\[\{"value":"/c1","from":"[^"]*/config:4"\},\{"value":"/c2","from":"[^"]*/config:5"\}\]'
	expect_out_line '"host":"web01".*"host-key-policy":\{"value":"accept-new","from":"[^"]*/config:6"\}'
	expect_out_line '"host":"web01".*"Compression":\{"value":"yes","from":"[^"]*/config:8"\}'
	expect_out_line '"host":"db1".*"connect-timeout":\{"value":"3","from":"-o ConnectTimeout=3"\}'
	! grep -q '"host":"db1".*Compression' "$work/out" || fail 'of others'
	run hosts -f "$work/hosts" -F "$work/config" -l me -p 97 -i /k -w web01 --json
	expect_out_line '"port":\{"value":"97","from":"-p"\}'
	expect_out_line '"user":\{"value":"me","from":"-l"\}'
	expect_out_line '"key":\[\{"value":"/k","from":"-i"\}\]'
	! grep -q Compression "$work/out" || fail 'another user'
	echo 'VerifyHostKeyDNS yes' >"$work/config"
	run hosts -f "$work/hosts" -F "$work/config" -w web01 --json
	expect_status 0
	expect_out_line '"host":"web01",.*"error":"[^"]*VerifyHostKeyDNS'
}

test_a_dry_run_contacts_nobody() {
	write_hosts
	run run -f "$work/hosts" -w '@web' --dry-run -- 'echo hi'
	expect_status 0
	expect_out '4 hosts: web[01-04]\ncommand: echo hi\n'
	expect_err ''
	run put -w 'a[1-2]' --dry-run "$work/hosts" 'x y' /tmp/
	expect_out "2 hosts: a[1-2]\nput: $work/hosts 'x y'\nto: /tmp/\n"
	run script -w a --dry-run -- ./s one 'two words'
	expect_out "1 host: a\nscript: ./s\narguments: one 'two words'\n"
	run get -w a --dry-run /etc/hosts dir
	expect_out '1 host: a\nget: /etc/hosts\nto: dir\n'
	[ ! -e dir ] || fail 'dir is there'
	run ping -w a --dry-run
	expect_out '1 host: a\nping\n'
}

# Answers the question of the program, which has a terminal of its own.
answer() {
	status=0
	python3 - "$@" >"$work/out" 2>"$work/err" <<-'EOF' || status=$?
		import os, pty, sys
		pid, terminal = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[2], sys.argv[2:])
		said = b""
		try:
		    while b"[y/N] " not in said:
		        said += os.read(terminal, 4096)
		    os.write(terminal, sys.argv[1].encode() + b"\n")
		    while True:
		        piece = os.read(terminal, 4096)
		        if not piece:
		            break
		        said += piece
		except OSError:
		    pass
		sys.stdout.write(said.decode().replace("\r", ""))
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	EOF
}

test_many_hosts_are_asked_for() {
	run run -f "$SITE/hosts" --confirm 4 -- true
	expect_status 0
	answer y "$SSHOAL_PROGRAM" run -f "$SITE/hosts" --confirm 3 --progress never -- \
		'echo done'
	expect_status 0
	expect_out_line '^sshoal: 4 hosts: a,b,c,d$'
	expect_out_line '^a *: done$'
	answer n "$SSHOAL_PROGRAM" run -f "$SITE/hosts" --confirm 3 --progress never -- \
		'echo done'
	expect_status 2
	expect_out_line 'nothing was contacted'
	! grep -q ': done' "$work/out" || fail 'it ran'
	answer '' "$SSHOAL_PROGRAM" ping -f "$SITE/hosts" --confirm 0
	expect_status 2
	status=0
	setsid -w "$SSHOAL_PROGRAM" run -f "$SITE/hosts" --confirm 3 -- true \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	expect_status 2
	expect_err_line 'no terminal'
}

test_lists_of_other_tools() {
	cat >"$work/pssh" <<-EOF
		# parallel-ssh's
		h1
		h2:2222
		root@h3
		h4 root
		[::1]:22
	EOF
	run hosts -f "$work/pssh"
	expect_out 'h1\nh2\nh3\nh4\n[::1]\n'
	cat >"$work/inventory" <<-EOF
		[web]
		web[01:03] ansible_host=127.0.0.1 ansible_port=2222
		[web:vars]
		ansible_user=www
	EOF
	run hosts -f "$work/inventory" -w web02 --json
	expect_out_line '"port":\{"value":"2222"'
	expect_out_line '"user":\{"value":"www"'
	echo '{"web": {"hosts": ["w1", "w2"]}}' >"$work/json"
	run hosts -f "$work/json" -w '@web!w1'
	expect_out 'w2\n'
	echo '{"web": [' >"$work/json"
	run hosts -f "$work/json"
	expect_status 2
	expect_err_line "json:[0-9]+:[0-9]+: no JSON"
}

run_tests
