#!/bin/bash
# SPDX-License-Identifier: MIT
# --json: one event a line, and what events hold.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# Checks the events in $work/out with statements of Python: events is the
# list of them, of(NAME) those of one kind.
check() {
	/usr/bin/python3 - "$work/out" "$1" <<'EOF' || fail "json: $1"
import base64, json, re, sys

lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
assert lines.pop() == "", "the last line is not ended"
events = [json.loads(line) for line in lines]


def of(name):
    return [event for event in events if event["event"] == name]


def data(host, stream):
    out = b""
    for event in of("output"):
        if event["host"] == host and event["stream"] == stream:
            if "base64" in event:
                out += base64.b64decode(event["base64"])
            else:
                out += event["data"].encode()
    return out


assert all(event["v"] == 1 for event in events)
assert len({event["run"] for event in events}) == 1
assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
assert all(re.fullmatch(stamp, event["time"]) for event in events)
assert events[0]["event"] == "start" and events[-1]["event"] == "summary"
targets = events[-1]["targets"]
assert sorted(event["index"] for event in of("result")) == list(range(targets))
for host in {event["host"] for event in events if "host" in event}:
    kinds = [event["event"] for event in events if event.get("host") == host]
    assert kinds[-1] == "result" and kinds.count("result") == 1, kinds
    assert kinds.count("begin") <= 1 and kinds.index("begin") == 0 \
        if "begin" in kinds else True, kinds
exec(sys.argv[2])
EOF
}

test_what_is_cut_is_counted() {
	run run -f "$hosts" -w a --json --max-output 5,cut -- \
		'printf 123456; printf 78'
	expect_status 0
	check '
result = of("result")[0]
assert data("a", "stdout") == b"12345"
assert result["cut"] and result["stdout_bytes"] == 8
assert "the rest is dropped" in of("note")[0]["text"]
'
}

test_events_of_a_run() {
	run run -f "$hosts" --json -- 'echo out; echo err >&2'
	expect_status 0
	check '
assert events[-1]["ok"] == 4 and events[-1]["exit"] == 0
assert len(of("begin")) == 4
for host in "abcd":
    assert data(host, "stdout") == b"out\n", data(host, "stdout")
    assert data(host, "stderr") == b"err\n"
for result in of("result"):
    assert result["status"] == "ok" and result["exit"] == 0
    assert result["signal"] is None and result["ran"] == "yes"
    assert result["attempts"] == 1 and result["error"] is None
    assert result["address"].startswith("127.0.1.")
    assert result["stdout_bytes"] == 4 and result["stderr_bytes"] == 4
    for phase in ("queue", "dns", "connect", "kex", "auth", "run", "total"):
        assert phase in result["ms"], phase
'
}

test_what_is_ended_is_told() {
	run run -f "$hosts" -w a --timeout 1 --json -- 'sleep 600'
	expect_status 4
	check 'r, = of("result")
assert r["status"] == "timeout" and r["kill"] == "killed", r
assert r["signal"] == "TERM" and r["ran"] == "yes", r'
	run run -f "$hosts" -w a --json -- true
	check 'assert of("result")[0]["kill"] is None'
}

test_failures_are_told_apart() {
	cat - "$SITE/settings" >"$work/hosts" <<EOF
good host=127.0.0.1
closed host=127.0.0.1 port=$SITE_CLOSED
silent host=127.0.0.1 port=$SITE_SILENT connect-timeout=2s
noname host=no-such-host.invalid
unreachable host=224.0.0.1
unknown host=127.0.0.1 known-hosts=/dev/null
missing host=127.0.0.2
killed host=127.0.0.3
EOF
	# shellcheck disable=SC2016 # the host expands it
	run run -f "$work/hosts" --json -- \
		'case $SSH_CONNECTION in *" 127.0.0.2 "*) no-such-command;; *" 127.0.0.3 "*) kill -9 $$;; esac'
	expect_status 3
	check '
status = {event["host"]: event["status"] for event in of("result")}
assert status == {
    "good": "ok", "closed": "refused", "silent": "connect-timeout",
    "noname": "dns", "unreachable": "unreachable",
    "unknown": "host-key-unknown", "missing": "failed",
    "killed": "signaled"}, status
of_host = {event["host"]: event for event in of("result")}
assert of_host["missing"]["exit"] == 127
assert of_host["killed"]["exit"] is None
assert of_host["killed"]["signal"] == "KILL"
assert of_host["silent"]["phase"] == "kex"
for host in ("closed", "silent", "noname", "unreachable", "unknown"):
    assert of_host[host]["ran"] == "no" and of_host[host]["exit"] is None
    assert of_host[host]["error"]
summary = events[-1]
assert summary["exit"] == 3 and summary["refused"] == 1
assert summary["connect-timeout"] == 1 and summary["targets"] == 8
'
}

test_bytes_that_are_no_text_come_as_base64() {
	run run -f "$hosts" -w a --json -- "printf 'ok\\n\\377\\0\\n'"
	check '
assert data("a", "stdout") == b"ok\n\xff\0\n"
assert any("base64" in event for event in of("output"))
'
}

test_a_long_line_comes_in_partial_events() {
	run run -f "$hosts" -w a --json -- 'head -c 300000 /dev/zero | tr "\0" x; echo; echo end'
	check '
assert data("a", "stdout") == b"x" * 300000 + b"\nend\n"
partial = [event for event in of("output") if event.get("partial")]
assert partial and all(len(event["data"]) <= 65536 for event in partial)
'
}

test_pieces_end_between_characters() {
	run run -f "$hosts" -w a --json -- 'i=0; while [ $i -lt 40000 ]; do i=$((i + 1)); printf "\342\202\254"; done'
	check '
assert data("a", "stdout") == ("\u20ac" * 40000).encode()
assert not any("base64" in event for event in of("output"))
'
}

test_nothing_else_is_on_standard_output() {
	run run -f "$hosts" --json -vv -- true
	expect_status 0
	check 'pass'
}

run_tests
