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
 * parent's other children, and what came from these and has not become init's
 * since, as a service has. A login that is bound to one command runs that once
 * more in the place of ours, which is told by what does not carry our mark.
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
 * l: a line for each process: number, parent, group, state, name. /proc is read
 * where there is one, since not every host has ps(1), by a cat(1), since read
 * takes a byte at a time. A name may hold anything and so make up what follows
 * it, but not the number: whole groups are signalled by their leader's number
 * alone. m: has f look at each line of $a. All of it is done whether or not
 * somebody still listens.
 */
static const char listing[] =
	"trap \"\" HUP PIPE; "
	"b=$(printf \"\\nx\"); b=${b%x}; "
	"l() { x=; if [ -r /proc/self/stat ]; then "
	"x=$(cat /proc/[0-9]*/stat 2>/dev/null); fi; set -f; "
	"if [ -n \"$x\" ]; then IFS=$b; for x in $x; do IFS=\" \"; "
	"p=${x%% *}; c=${x#*\\(}; x=${x##*\\) }; "
	"set -- $x; echo \"$p $2 $3 $1 ${c%%\\)*}\"; done; "
	"else ps -A -o pid= -o ppid= -o pgid= -o state= -o comm=; fi; }; "
	"m() { set -f; IFS=$b; for x in $a; do IFS=\" \"; set -- $x; "
	"[ $# -ge 4 ] || continue; p=$1; q=$2; r=$3; s=$4; shift 4; c=$*; "
	"f; done; IFS=\" \"; set +f; }; "
	"n() { if [ \"$p\" = \"$r\" ]; then g=\"$g -$p\"; "
	"else g=\"$g $p\"; fi; }; ";

/*
 * $t: the parent, $o: the second one's own leader, $g: what is signalled, $u:
 * each process of that, whose children are taken along. Under Dropbear there
 * are no groups, and sudo and timeout(1) make more of them.
 */
static const char finding[] =
	"t=$1; o=$2; a=$(l); h=; g=; "
	"f() { [ \"$p\" = \"$t\" ] && h=$c; }; m; "
	"case $h in *sshd*|*dropbear*|\"\") ;; *) t=none;; esac; "
	"[ \"$t\" = 1 ] && t=none; "
	"f() { case $c in *sftp-server*|*sftpserver*|sshd|sshd-session|"
	"sshd:*|*/sshd|*/sshd-session) return;; esac; "
	"[ \"$q\" = \"$t\" ] && [ \"$p\" != \"$o\" ] && n; }; m; "
	"h=none; while [ \"$g\" != \"$h\" ]; do h=$g; u=; "
	"f() { case \" $g \" in *\" $p \"*|*\" -$r \"*) u=\"$u $p\";; esac; "
	"}; m; "
	"f() { case \" $g \" in *\" $p \"*|*\" -$r \"*) return;; esac; "
	"case \" $u \" in *\" $q \"*) n;; esac; }; m; "
	"done; ";

/*
 * e: whether none is left. kill -0 says quickly that some are, but takes those
 * for alive that nobody has buried, and those of others for gone: now and then,
 * ever more seldom, all are looked at. c: the time in ticks. w: waits for e so
 * many.
 */
static const char waiting[] =
	"e() { k=$((k + 1)); if [ $k -lt $z ]; then for i in $g; do "
	"kill -0 -- \"$i\" 2>/dev/null && return 1; done; "
	"else z=$((k * 2)); fi; "
	"a=$(l); h=; f() { case $s in Z*|X*) return;; esac; "
	"case \" $g \" in *\" -$r \"*|*\" $p \"*) h=$p;; esac; }; m; "
	"[ -z \"$h\" ]; }; "
	"u=0; c() { { if read -r v x </proc/uptime; then "
	"v=${v%%.*}${v#*.}; u=$((v / 20)); else u=$((u + 1)); fi; } "
	"2>/dev/null; }; "
	"w() { k=0; z=4; c; d=$u; while [ $((u - d)) -lt $1 ]; do "
	"e && return 0; "
	"sleep 0.2 2>/dev/null || { sleep 1; u=$((u + 4)); }; c; done; "
	"z=0; e; }; ";

/* What is there was said before anything is signalled, since that may end all
 * of the connection. */
static const char signalling[] =
	"[ -n \"$g\" ] || { echo \"$w absent\"; exit; }; "
	"echo \"$w found\"; "
	"if [ $y != 0 ]; then kill -s TERM -- $g 2>/dev/null; "
	"w $y && { echo \"$w gone\"; exit; }; fi; "
	"if [ $j != 0 ]; then kill -s KILL -- $g 2>/dev/null; "
	"w $j && { echo \"$w gone\"; exit; }; fi; "
	"echo \"$w left\"";

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
	(void)snprintf(values, sizeof values, "w=%s; y=%u; j=%u; ",
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
