#!/bin/bash
# SPDX-License-Identifier: MIT
# report: a run as a page, read by a parser of HTML and by a browser.

# Functions are called by their names, and hosts expand what is quoted.
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$SITE/hosts

# A run of four hosts that write, of which two fail, and one that is not there.
record() {
	cat - "$SITE/settings" >"$work/hosts" <<EOF2
a host=127.0.1.1
b host=127.0.1.2
c host=127.0.1.3
d host=127.0.1.4
closed host=127.0.0.1 port=$SITE_CLOSED
EOF2
	run run -f "$work/hosts" --json -- "$1"
	cp "$work/out" "$work/run.ndjson"
}

page() {
	run report "$@"
	cp "$work/out" "$work/page.html"
}

# Checks the page with statements of Python: text is all of it, tags the list
# of (name, attributes), of(id) the text of a section. That every tag is ended
# is checked always.
check() {
	/usr/bin/python3 - "$work/page.html" "$1" <<'EOF2' || fail "page: $1"
import re, sys
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}
text = open(sys.argv[1], encoding="utf-8").read()


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.links = [], [], {}, []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, dict(attributes).get("id")))

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, (tag, self.getpos())
        self.open.pop()

    def handle_data(self, data):
        for _, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data


page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
tags = page.tags


def of(name):
    return page.texts.get(name, "")


ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
assert len(ids) == len(set(ids)), ids
# Nothing is loaded, and nothing but our own script can run.
for tag, attributes in tags:
    assert tag not in {"link", "img", "iframe", "object", "base", "form"}, tag
    for name, value in attributes.items():
        assert not name.startswith("on") and name not in {"src", "style"}
        if name == "href":
            assert value[0] == "#" and value[1:] in ids, value
assert [tag for tag, _ in tags].count("script") == 1
assert [tag for tag, _ in tags].count("style") == 1
assert "default-src 'none'" in text
# What cannot be seen is not there.
assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
exec(sys.argv[2])
EOF2
}

# The page as a browser has it, in $work/dom. What it complains of, such as a
# thing that the policy forbids, is in $work/log, and what pages asked for in
# $work/asked: the browser's own requests, which go nowhere, have no origin.
open_page() {
	local status=0
	timeout 300 chromium --headless=new --no-sandbox --disable-gpu \
		--disable-background-networking --disable-component-update \
		--no-first-run --user-data-dir="$work/profile" \
		--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' \
		--enable-logging=stderr --log-net-log="$work/net.json" \
		--dump-dom "file://$work/$1" >"$work/dom" 2>"$work/log" ||
		status=$?
	rm -rf "$work/profile"
	[ "$status" -eq 0 ] || fail "chromium: $(tail -n 5 "$work/log")"
	grep -a '"initiator":' "$work/net.json" |
		grep -av '"initiator":"not an origin"' >"$work/asked" || :
}

test_a_run_becomes_a_page() {
	record 'echo "out of $0"; case $SSH_CONNECTION in *" 127.0.1.4 "*) echo bad >&2; exit 7;; esac'
	page "$work/run.ndjson"
	expect_status 0
	[ ! -s "$work/err" ] || fail 'words on standard error'
	check '
assert "2 of 5" in text.replace("&nbsp;", " "), "the sentence"
outcome = of("outcome")
for word in ("ok", "failed", "refused"):
    assert word in outcome, word
failures = of("failures")
assert "exit status 7" in failures and "connection refused" in failures
assert "closed" in failures and "127.0.1.4" in failures
output = of("output")
assert output.count("standard output") == 2 and "out of" in output
assert output.count("standard error") == 1 and "bad" in output
assert "3\xa0hosts a,b,c" in output, output
for host in ("a", "b", "c", "d", "closed"):
    assert host in of("hosts") and host in of("timeline")
settings = of("settings")
assert "case $SSH_CONNECTION in" in settings and "run.ndjson" in settings
assert sum(tag == "rect" for tag, _ in tags) > 15
'
}

test_hosts_cannot_write_markup() {
	record 'printf "<script>alert(1)</script></pre>\"\047&amp;\033[31m\342\200\256\377\n"; printf "<b>err" >&2; exit 1'
	page "$work/run.ndjson"
	expect_status 0
	check '
assert "<script>alert(1)</script></pre>\"\x27&amp;" in of("output")
assert "\\x1b[31m" in of("output") and "\\u202e" in of("output")
assert "\\xff" in of("output") and "<b>err" in of("output")
'
	# What no host of ours would say.
	/usr/bin/python3 - >"$work/evil.ndjson" <<'EOF2'
import json
evil = "\"'><img src=x onerror=alert(1)>\u0007"
def put(event, **more):
    print(json.dumps({"v": 1, "run": evil, "seq": 1, "event": event,
                      "time": "2026-01-01T00:00:00.000Z", **more}))
put("start", job=evil, command=evil, targets=2, version=evil, evil={evil: evil})
put("note", index=0, host=evil, text=evil, level=0)
put("result", index=0, host=evil, status=evil, error=evil, address=evil,
    signal=evil, exit=None, phase=evil, ms={"queue": -1, "total": 1e300})
put("result", index=10**18, host="x", status="ok")
put("result", index=1, host="y", status="signaled", signal=evil, error=evil,
    ms={"queue": 1e12, "total": 1e12, "run": 1e12, "auth": 1e12})
EOF2
	page "$work/evil.ndjson"
	expect_status 0
	check 'assert "onerror=alert(1)" in of("hosts")'
}

test_what_is_torn_is_read_as_far_as_it_goes() {
	record 'echo x'
	head -c -30 "$work/run.ndjson" >"$work/torn.ndjson"
	page "$work/torn.ndjson"
	expect_status 0
	check '
assert "The run is not over in this file" in of("outcome")
assert "the last one is torn" in of("settings")
'
	grep -v '"result"' "$work/run.ndjson" >"$work/begun.ndjson"
	sed -i '2i no event' "$work/begun.ndjson"
	page "$work/begun.ndjson"
	expect_status 0
	expect_err_line '1 lines are no events'
	check 'assert "unfinished" in of("outcome")'
}

test_a_journal_has_no_output() {
	XDG_STATE_HOME=$work/state record 'echo x'
	XDG_STATE_HOME=$work/state page
	expect_status 0
	check 'assert "it is a journal" in of("output")'
	XDG_STATE_HOME=$work/none run report
	expect_status 2
	expect_err_line 'there is no journal'
}

# Reruns and their run are one page, though other runs stand between them.
test_reruns_take_the_place_of_what_they_did_again() {
	record true
	: >"$work/bad"
	run run -f "$work/hosts" --journal "$work/journal" -- \
		"! [ -e $work/bad ] || case \$SSH_CONNECTION in *' 127.0.1.4 '*) exit 7;; esac"
	expect_status 3
	local first
	first=$(sed -n '1s/.*"run":"\([^"]*\)".*/\1/p' "$work/journal")
	run run -f "$work/hosts" -w a --journal "$work/journal" -- true
	rm "$work/bad"
	run rerun -q --run "$first" "$work/journal"
	expect_status 3
	page "$work/journal"
	check '
outcome = of("outcome")
assert "1 of 5" in text.replace("&nbsp;", " "), outcome
assert "refused" in outcome and "failed" not in outcome, outcome
assert "1: of each host" in of("settings"), of("settings")
assert "The run is not over" not in outcome'
	cp "$work/page.html" "$work/union"
	page "$work/journal" --run "$first"
	cmp "$work/union" "$work/page.html" || fail 'not the same page'
	# A rerun that was killed leaves what is begun unfinished, and the rest.
	grep -n '"start"' "$work/journal" | tail -n 1 | cut -d: -f1 >"$work/line"
	head -n "$(($(cat "$work/line") + 1))" "$work/journal" >"$work/cut"
	page "$work/cut"
	check '
outcome = of("outcome")
assert "2 of 5" in text.replace("&nbsp;", " "), outcome
assert "unfinished" in outcome and "The run is not over" in outcome, outcome'
}

test_one_of_several_runs() {
	record 'echo first-run'
	cp "$work/run.ndjson" "$work/both"
	local first
	first=$(grep -o '"run":"[0-9a-f]*"' "$work/both" | head -n 1)
	first=${first#'"run":"'}
	first=${first%'"'}
	record 'echo second-run'
	cat "$work/run.ndjson" >>"$work/both"
	page - <"$work/both"
	expect_status 2
	run report "$work/both"
	cp "$work/out" "$work/page.html"
	check 'assert "second-run" in of("output") and "Runs in it" in of("settings")'
	page "$work/both" --run "${first:0:8}"
	check '
assert "first-run" in of("output") and "second-run" not in of("output")'
	run report "$work/both" --run nothing
	expect_status 2
	expect_err_line 'has no run nothing'
}

test_what_is_no_recording_is_refused() {
	run report "$hosts"
	expect_status 2
	expect_err_line 'holds no run'
	run report /no/such/file
	expect_status 2
	expect_err_line 'No such file'
	run report a b
	expect_status 2
}

# More hosts than a page has room for, and more output.
test_a_large_run_is_cut() {
	/usr/bin/python3 - >"$work/large.ndjson" <<'EOF2'
import json
def put(event, **more):
    print(json.dumps({"v": 1, "run": "r", "seq": 1, "event": event,
                      "time": "2026-01-01T00:00:00.000Z", **more}))
put("start", job="run", command="x", targets=20000)
for i in range(20000):
    host = "h%05d" % i
    for _ in range(100 if i == 0 else 1):
        put("output", index=i, host=host, stream="stdout",
            data=("%d " % i) * (2000 if i < 3000 else 20))
    put("result", index=i, host=host, status="failed" if i % 2 else "ok",
        exit=i % 2 * (i % 1000), ran="yes", attempts=1,
        ms={"queue": i, "total": 5, "run": 5}, stdout_bytes=1, stderr_bytes=0)
put("summary", targets=20000, exit=1, ms=20005)
EOF2
	page "$work/large.ndjson"
	expect_status 0
	[ "$(wc -c <"$work/page.html")" -lt 20000000 ] || fail 'the page is large'
	check '
assert text.count("<tr class=\"item\">") < 2200
for name in ("failures", "timeline", "output", "hosts"):
    assert "Left out" in of(name) or "not listed here" in of(name), name
assert "left out here" in of("output")
'
}

test_a_browser_opens_it() {
	if ! command -v chromium >/dev/null; then
		echo "skipped: there is no chromium"
		return 0
	fi
	record 'echo "<i>out</i>"; exit $(( $(date +%s%N) % 2 ))'
	page "$work/run.ndjson"
	open_page page.html
	grep -q '<div id="search" role="search">' "$work/dom" ||
		fail 'the script has not run'
	grep -q '<th scope="col"><button type="button">Host' "$work/dom" ||
		fail 'nothing sorts'
	[ "$(grep -c '^<tr class="item"><th scope="row">closed' \
		"$work/dom")" -ge 2 ] || fail 'a host is missing'
	if grep 'CONSOLE' "$work/log" >&2; then
		fail 'the browser complains'
	fi
	[ ! -s "$work/asked" ] || fail "asked for: $(cat "$work/asked")"
	# That the policy bites, and that a complaint would be seen.
	sed 's|</main>|<script>document.title = "run"</script></main>|' \
		"$work/page.html" >"$work/changed.html"
	open_page changed.html
	grep -q 'CONSOLE.*Content Security Policy' "$work/log" ||
		fail 'a script of somebody else may run'
	! grep -q '<title>run<' "$work/dom" || fail 'it has run'
	# That a request would be seen.
	printf '<!DOCTYPE html><title>x</title><img src="http://%s/x">' \
		"127.0.0.1:$SITE_CLOSED" >"$work/image.html"
	open_page image.html
	[ -s "$work/asked" ] || fail 'a request is not seen'
}

run_tests
