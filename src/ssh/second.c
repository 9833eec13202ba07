/* SPDX-License-Identifier: MIT */
#include "ssh/second.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "ssh/line.h"

/*
 * Under OpenSSH and Dropbear the shells of all commands of a connection have
 * the same parent: the first one's processes are the process groups of that
 * parent's other children. What sudo starts for a terminal of its own is in
 * groups below those. A login that is bound to one command runs that once more
 * in the place of ours, which is told by what does not carry our mark.
 */

/* How long it may take to begin. */
#define SPEAK_MS 5000
/* How many bytes before our mark are what a shell's start-up files say. */
#define NOISE_BYTES ((uint64_t)64 * 1024)

/* One tick of the script. */
#define TICK_MS 200

/* Whatever the login's own shell is, it has the outer one of POSIX begin, which
 * tells the inner one who its parent and itself are: sudo may be between. */
static const char outer[] =
	"exec /bin/sh -c '"
	"s=$1; shift; exec \"$@\" /bin/sh -c \"$s\" sh $PPID $$"
	"' sh ";

/*
 * A line for each process: number, parent, group, state, name. /proc is read
 * where there is one, since not every host has ps(1). A name may hold anything
 * and so make up what follows it, but not the number: whole groups are
 * signalled by their leader's number alone.
 */
static const char listing[] =
	"l() { if [ -r /proc/self/stat ]; then "
	"for f in /proc/[0-9]*/stat; do "
	"{ read -r x <\"$f\"; } 2>/dev/null || continue; "
	"a=${x%% *}; c=${x#*\\(}; x=${x##*\\) }; "
	"set -- $x; echo \"$a $2 $3 $1 ${c%%\\)*}\"; "
	"done; else "
	"ps -A -o pid= -o ppid= -o pgid= -o state= -o comm=; fi; }; "
	"n() { if [ \"$p\" = \"$r\" ]; then echo \"-$p\"; else echo \"$p\"; "
	"fi; }; "
	"all() { printf \"%s\\n\" \"$a\"; }; ";

/*
 * $t: the parent, $o: the second one's own leader, $g: what is signalled. What
 * has no group of its own, as under Dropbear, takes its children along, and so
 * does a sudo.
 */
static const char finding[] =
	"t=$1; o=$2; a=$(l); "
	"h=$(all | while read -r p q r s c; do "
	"[ \"$p\" = \"$t\" ] && echo \"$c\"; done); "
	"case $h in *sshd*|*dropbear*|\"\") ;; *) t=none;; esac; "
	"[ \"$t\" = 1 ] && t=none; "
	"g=$(all | while read -r p q r s c; do "
	"case $c in *sftp-server*|*sftpserver*|sshd|sshd-session|sshd:*|"
	"*/sshd|*/sshd-session) continue;; esac; "
	"[ \"$q\" = \"$t\" ] && [ \"$p\" != \"$o\" ] && n; done); "
	"g=$(echo $g); h=; "
	"while [ \"$g\" != \"$h\" ]; do h=$g; "
	"u=$(all | while read -r p q r s c; do "
	"case \" $g \" in *\" $p \"*) echo \"$p\";; "
	"*\" -$r \"*) [ \"$c\" = sudo ] && echo \"$p\";; esac; done); "
	"u=$(echo $u); "
	"g=\"$g $(all | while read -r p q r s c; do "
	"case \" $g \" in *\" $p \"*|*\" -$r \"*) continue;; esac; "
	"case \" $u \" in *\" $q \"*) n;; esac; "
	"done)\"; g=$(echo $g); done; ";

/*
 * e: whether none is left. kill -0 says quickly that some are, but takes those
 * for alive that nobody has buried, and those of others for gone: now and then
 * all are looked at. c: the time in ticks. w: waits for e so many.
 */
static const char waiting[] =
	"k=0; e() { k=$((k + 1)); if [ $((k % 5)) != 0 ]; then for i in $g; do "
	"kill -0 -- \"$i\" 2>/dev/null && return 1; done; fi; "
	"[ -z \"$(l | while read -r p q r s c; do "
	"case $s in Z*|X*) continue;; esac; "
	"case \" $g \" in *\" -$r \"*|*\" $p \"*) echo \"$p\";; esac; "
	"done)\" ]; }; "
	"u=0; c() { { if read -r v x </proc/uptime; then "
	"v=${v%%.*}${v#*.}; u=$((v / 20)); else u=$((u + 1)); fi; } "
	"2>/dev/null; }; "
	"w() { c; d=$u; while [ $((u - d)) -lt $1 ]; do e && return 0; "
	"sleep 0.2 2>/dev/null || { sleep 1; u=$((u + 4)); }; c; done; "
	"k=4; e; }; ";

/* What is there was said before anything is signalled, since that may end all
 * of the connection. */
static const char signalling[] =
	"[ -n \"$g\" ] || { echo \"$m absent\"; exit; }; "
	"echo \"$m found\"; "
	"if [ $y != 0 ]; then kill -s TERM -- $g 2>/dev/null; "
	"w $y && { echo \"$m gone\"; exit; }; fi; "
	"if [ $z != 0 ]; then kill -s KILL -- $g 2>/dev/null; "
	"w $z && { echo \"$m gone\"; exit; }; fi; "
	"echo \"$m left\"";

static int put(struct buffer *line, const char *text)
{
	return sshoal__buffer_append(line, text, strlen(text));
}

static unsigned ticks(int64_t ms)
{
	return (unsigned)((ms + TICK_MS - 1) / TICK_MS);
}

/* What is sent, ended by a NUL. */
static int make_line(struct buffer *line, const struct second *second,
		     const struct command_ending *ending)
{
	char values[128];
	bool kills = ending->grace_ms >= 0;
	(void)snprintf(values, sizeof values, "m=%s; y=%u; z=%u; ",
		       second->mark,
		       ticks(kills ? ending->grace_ms : ENDING_TERM_MS),
		       kills ? ticks(ENDING_KILL_MS) : 0);
	const char *const script[] = { values, listing, finding, waiting,
				       signalling };
	struct buffer whole = BUFFER_INIT(LINE_MAX_BYTES);
	int rc = put(line, outer);
	for (size_t i = 0; rc == 0 && i < sizeof script / sizeof *script; i++)
		rc = put(&whole, script[i]);
	if (rc == 0)
		rc = sshoal__buffer_append(&whole, "", 1);
	if (rc == 0)
		rc = sshoal__line_put_quoted(line, (const char *)whole.bytes);
	sshoal__buffer_fini(&whole);
	if (rc == 0 && ending->become)
		rc = put(line, " ");
	if (rc == 0 && ending->become)
		rc = put(line, ending->become);
	return rc ? rc : sshoal__buffer_append(line, "", 1);
}

/* Other servers run the commands of all their connections side by side, and a
 * second one would hit those of strangers. */
static bool is_apart(const struct duplex *duplex)
{
	const char *banner = duplex->client->banner;
	return strstr(banner, "OpenSSH") || strstr(banner, "dropbear");
}

/* Whether nothing else is there that a second command could hit. */
static bool is_alone(const struct duplex *duplex)
{
	for (const struct duplex *other = duplex->client->first; other;
	     other = other->next)
		if (other != duplex && other->is_command && !other->is_files)
			return false;
	return true;
}

bool sshoal__second_start(struct second *second, struct duplex *first,
			  const struct command_ending *ending)
{
	uint64_t mark[2];
	arc4random_buf(mark, sizeof mark);
	*second = (struct second){ .word = SECOND_SILENT };
	(void)snprintf(second->mark, sizeof second->mark,
		       "%016" PRIx64 "%016" PRIx64, mark[0], mark[1]);
	if (!is_apart(first) || !is_alone(first))
		return false;
	struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.stdin_data = ending->secret;
	options.stdin_size = ending->secret ? strlen(ending->secret) : 0;
	options.detach_grace_ms = TICK_MS;
	struct command_plan plan = {
		.request = "exec",
		.options = &options,
		.most_bytes = NOISE_BYTES,
		.closes_stdin = true,
	};
	bool started = make_line(&line, second, ending) == 0;
	plan.line = (const char *)line.bytes;
	if (started)
		started = sshoal__command_open(&second->command, first->client,
					       &plan, NULL) == 0;
	sshoal__buffer_fini(&line);
	second->speak_ms = sshoal__deadline_in(SPEAK_MS);
	return started;
}

/* Takes a whole line that it said. */
static void hear(struct second *second)
{
	static const struct {
		const char *text;
		enum second_word word;
	} words[] = {
		{ " absent", SECOND_ABSENT },
		{ " found", SECOND_FOUND },
		{ " gone", SECOND_GONE },
		{ " left", SECOND_LEFT },
	};
	const char *mark = strstr(second->text, second->mark);
	if (!mark)
		return;
	mark += strlen(second->mark);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(mark, words[i].text) == 0)
			second->word = words[i].word;
}

void sshoal__second_listen(struct second *second)
{
	struct duplex *duplex = &second->command->duplex;
	char byte;
	size_t n = 0;
	while (sshoal__duplex_has(duplex, CHANNEL_STDOUT) &&
	       sshoal__spool_take(&duplex->spools[CHANNEL_STDOUT], &byte, 1, &n,
				  NULL) == 0 &&
	       n == 1) {
		if (byte == '\n') {
			second->text[second->text_size] = '\0';
			hear(second);
			second->text_size = 0;
		} else if (second->text_size < sizeof second->text - 1) {
			second->text[second->text_size++] = byte;
		}
	}
}

bool sshoal__second_is_over(const struct second *second)
{
	if (sshoal__duplex_is_over(&second->command->duplex))
		return true;
	if (second->word == SECOND_SILENT)
		return sshoal__deadline_left_ms(second->speak_ms) == 0;
	return second->word != SECOND_FOUND;
}

void sshoal__second_stop(struct second *second)
{
	if (second->command)
		sshoal__command_let_go(second->command);
	second->command = NULL;
}
