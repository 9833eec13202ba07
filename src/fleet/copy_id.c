/* SPDX-License-Identifier: MIT */
#include "fleet/copy_id.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/command.h>
#include <sshoal/text.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "fleet/connection.h"
#include "fleet/outlet.h"
#include "fleet/run.h"
#include "ssh/line.h"

/*
 * A script that a plain sh reads from its standard input, so that it does not
 * matter what the login's own shell thinks of quotes, and that is a function
 * called in the last line, so that a part of it does nothing. What it has done
 * it says on lines with a word before them that nobody else says.
 *
 * authorized_keys is changed under a lock that is a symbolic link, which is
 * made in one step on every file system, a shared one as well, and names its
 * holder: several may install keys for one account, or for one home that many
 * hosts share. A key is added by appending and removed by a new file in the
 * place of the old.
 */

#define WORD "sshoal-copy-id: "

static const char script[] =
	"say() { printf '" WORD "%s\\n' \"$*\"; }\n"
	"fail() { printf '%s\\n' \"$*\" >&2; exit 1; }\n"
	/* Whether a line of the file, but no comment, has a key. */
	"has() {\n"
	"	[ -e \"$file\" ] || return 1\n"
	"	while IFS= read -r l || [ -n \"$l\" ]; do\n"
	"		case ${l#\"${l%%[! ]*}\"} in '#'*) continue ;; esac\n"
	"		case \" $l \" in *\" $1 \"*) return 0 ;; esac\n"
	"	done <\"$file\"\n"
	"	return 1\n"
	"}\n"
	/* What a link names as its holder; nothing where there is no link. */
	"holder() {\n"
	"	held=$(ls -ld \"$lock\" 2>/dev/null) || held=\n"
	"	held=${held##* }\n"
	"}\n"
	/* Removes the lock of one who is dead. One at a time may, and looks
	 * again: what has come in its place since is not to go. */
	"unlock_dead() {\n"
	"	dead=$held\n"
	"	kill -0 \"${dead##*.}\" 2>/dev/null && return\n"
	"	ln -s \"$host.$$\" \"$lock.dead\" 2>/dev/null || return\n"
	"	holder\n"
	"	[ \"$held\" != \"$dead\" ] || rm -f \"$lock\"\n"
	"	rm -f \"$lock.dead\"\n"
	"}\n"
	"lock() {\n"
	"	host=$(uname -n) tries=0 absent=0\n"
	"	until ln -s \"$host.$$\" \"$lock\" 2>/dev/null; do\n"
	"		holder\n"
	"		case $held in\n"
	"		'') absent=$((absent + 1)) ;;\n"
	"		\"$host\".*) unlock_dead ;;\n"
	"		esac\n"
	"		[ $absent -lt 50 ] ||\n"
	"			fail \"~/$lock: cannot be made\"\n"
	"		[ $tries -lt 600 ] ||\n"
	"			fail \"~/$lock: held by $held; if nothing has\""
	" \"that number there, remove it\"\n"
	"		tries=$((tries + 1))\n"
	"		sleep 0.1 2>/dev/null || {\n"
	"			sleep 1\n"
	"			tries=$((tries + 9))\n"
	"		}\n"
	"	done\n"
	"	trap 'rm -f \"$lock\"' EXIT\n"
	"	trap 'exit 1' HUP INT TERM\n"
	"}\n"
	"context() {\n"
	"	PATH=$PATH:/sbin:/usr/sbin\n"
	"	command -v restorecon >/dev/null 2>&1 &&\n"
	"		restorecon -F .ssh \"$file\" </dev/null >/dev/null "
	"2>&1\n"
	"	return 0\n"
	"}\n"
	"append() {\n"
	"	lock\n"
	"	if has \"$key\"; then say there; return; fi\n"
	/* The last line may lack its end. */
	"	if [ -s \"$file\" ] && [ -n \"$(tail -c 1 \"$file\")\" ]; "
	"then\n"
	"		printf '\\n' >>\"$file\" || exit 1\n"
	"	fi\n"
	"	printf '%s\\n' \"$line\" >>\"$file\" || exit 1\n"
	"	has \"$key\" || fail \"~/$file: the key is not in it\"\n"
	"	say added\n"
	"}\n"
	"install() {\n"
	"	case $(ls -ld . 2>/dev/null) in\n"
	"	d????w*|d???????w*) say open ;;\n"
	"	esac\n"
	"	[ -d .ssh ] || mkdir .ssh || [ -d .ssh ] || exit 1\n"
	"	chmod 700 .ssh || exit 1\n"
	"	if has \"$key\"; then say there; else append; fi\n"
	"	chmod 600 \"$file\" || exit 1\n"
	"	context\n"
	"}\n"
	"remove() {\n"
	"	has \"$old\" || return 0\n"
	"	[ ! -h \"$file\" ] || fail \"~/$file: is a symbolic link, so\""
	" \"the old key was left in it\"\n"
	"	lock\n"
	"	new=.ssh/.sshoal-new.$$\n"
	"	trap 'rm -f \"$new\" \"$lock\"' EXIT\n"
	"	while IFS= read -r l || [ -n \"$l\" ]; do\n"
	"		case \" $l \" in *\" $old \"*) continue ;; esac\n"
	"		printf '%s\\n' \"$l\" || exit 1\n"
	"	done <\"$file\" >\"$new\" || exit 1\n"
	"	old_file=$file file=$new\n"
	"	has \"$key\" || fail \"the key that was installed is gone;\""
	" \"the old one was left\"\n"
	"	file=$old_file\n"
	"	mv -f \"$new\" \"$file\" || exit 1\n"
	"	say removed\n"
	"	context\n"
	"}\n"
	"umask 077\n"
	"cd || exit 1\n"
	"file=.ssh/authorized_keys lock=.ssh/.sshoal-lock\n";

/* How long the script may take where nobody says: it waits a minute at most. */
#define SCRIPT_MS 120000

#define SCRIPT_MOST_BYTES ((size_t)64 * 1024)

/* A server that is busy is asked again. */
#define BUSY_TRIES 5
#define BUSY_MS 250

/* The agent's keys with none but one of them; false where it has not that. */
static bool find_in_agent(struct agent_keys *one, const struct agent_keys *all,
			  const sshoal_key *key)
{
	size_t size = 0;
	const unsigned char *blob = sshoal_key_public_blob(key, &size);
	for (size_t i = 0; all && i < all->count; i++) {
		if (all->keys[i].blob_size != size ||
		    memcmp(all->keys[i].blob, blob, size) != 0)
			continue;
		*one = *all;
		one->keys = &all->keys[i];
		one->count = 1;
		return true;
	}
	return false;
}

int sshoal__copy_id_check(const struct run *run, sshoal_error *error)
{
	struct agent_keys one;
	if (sshoal_key_is_private(run->job.key))
		return 0;
	for (size_t i = 0; i < run->count; i++)
		if (!find_in_agent(&one, run->tasks[i].plan.agent,
				   run->job.key))
			return sshoal__error_set(
				error, SSHOAL_EINVAL,
				"the private half of the key is neither here "
				"nor in an agent: it cannot be proven, so that "
				"no other may be removed");
	return 0;
}

/* Adds "NAME='TEXT'", ended. */
static int put_variable(struct buffer *buffer, const char *name,
			const char *text)
{
	int rc = sshoal__buffer_append(buffer, name, strlen(name));
	if (rc == 0)
		rc = sshoal__buffer_append(buffer, "=", 1);
	if (rc == 0)
		rc = sshoal__line_put_quoted(buffer, text);
	return rc ? rc : sshoal__buffer_append(buffer, "\n", 1);
}

/* The key's own word of a public line, the second. */
static int put_key(struct buffer *buffer, const char *name,
		   const sshoal_key *key)
{
	char *line = NULL;
	int rc = sshoal_key_public_line(key, &line);
	if (rc)
		return rc;
	const char *blank = strchr(line, ' ');
	rc = put_variable(buffer, name, blank ? blank + 1 : line);
	free(line);
	return rc;
}

/* Makes the script that ends in a call of one of its functions. */
static int make_script(struct buffer *buffer, const struct job *job,
		       const char *function)
{
	char *line = NULL;
	int rc = sshoal_key_public_line_with_comment(job->key, NULL, &line);
	if (rc == 0)
		rc = sshoal__buffer_append(buffer, script, sizeof script - 1);
	if (rc == 0)
		rc = put_variable(buffer, "line", line);
	if (rc == 0)
		rc = put_key(buffer, "key", job->key);
	if (rc == 0 && job->old_key)
		rc = put_key(buffer, "old", job->old_key);
	if (rc == 0)
		rc = sshoal__buffer_append(buffer, function, strlen(function));
	if (rc == 0)
		rc = sshoal__buffer_append(buffer, "\nexit\n", 6);
	free(line);
	return rc;
}

/* Takes in what the script says that it has done. */
static void heed(struct attempt *attempt, const char *said)
{
	static const struct {
		const char *word;
		uint32_t deed;
	} deeds[] = {
		{ "added", SSHOAL_COPY_ID_ADDED },
		{ "removed", SSHOAL_COPY_ID_REMOVED },
	};
	for (; said; said = strchr(said, '\n')) {
		said += *said == '\n';
		if (strncmp(said, WORD, strlen(WORD)) != 0)
			continue;
		const char *word = said + strlen(WORD);
		for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
			if (strncmp(word, deeds[i].word,
				    strlen(deeds[i].word)) == 0)
				attempt->copy_id |= deeds[i].deed;
		if (strncmp(word, "open", 4) == 0)
			sshoal__outlet_note(attempt,
					    "the home is writable by its group "
					    "or others, where sshd may not "
					    "trust the keys in it");
	}
}

/* The end of what a host said for an error, made harmless. */
static void keep_words(struct attempt *attempt, const char *said, size_t n)
{
	char text[300];
	while (n > 0 && (said[n - 1] == '\n' || said[n - 1] == '\r'))
		n--;
	size_t at = n > 200 ? n - 200 : 0;
	(void)sshoal_text_escape(text, sizeof text, said + at, n - at);
	(void)sshoal__error_set(&attempt->error, 0, "%s", text);
}

static void note_end(struct attempt *attempt, const sshoal_output *output)
{
	struct exit_record *exit = &attempt->outcome.exit;
	attempt->ran = SSHOAL_RAN_YES;
	*exit = (struct exit_record){ .status_count = 1 };
	if (output->exit_status >= 0)
		exit->status = (uint32_t)output->exit_status;
	heed(attempt, output->stdout_data);
	if (output->exit_status != 0)
		keep_words(attempt, output->stderr_data, output->stderr_size);
}

static int run_script(struct connection *connection, const struct buffer *text)
{
	struct attempt *attempt = connection->attempt;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	options.stdin_data = sshoal__buffer_data(text);
	options.stdin_size = sshoal__buffer_size(text);
	options.timeout_ms = SCRIPT_MS;
	options.max_output_bytes = SCRIPT_MOST_BYTES;
	int rc = sshoal_client_run(connection->client, "exec sh", &options,
				   &output, &attempt->error);
	if (rc == 0)
		note_end(attempt, &output);
	else if (rc != SSHOAL_ECHANNEL)
		attempt->ran = SSHOAL_RAN_UNKNOWN;
	if (rc)
		sshoal__connection_drop_host(connection);
	sshoal_output_fini(&output);
	return rc;
}

/* Runs one of the script's functions on a session, which is over then. 0, also
 * when it failed there. */
static int call(struct attempt *attempt, struct session *session,
		const char *function)
{
	struct buffer text = BUFFER_INIT(SCRIPT_MOST_BYTES);
	struct connection connection = { .attempt = attempt };
	int rc = sshoal__connection_begin(&connection, attempt, session);
	if (rc == 0) {
		rc = make_script(&text, &attempt->run->job, function);
		if (rc)
			(void)sshoal__error_code(&attempt->error, rc);
	}
	if (rc == 0)
		rc = run_script(&connection, &text);
	sshoal__connection_close(&connection);
	sshoal__buffer_fini(&text);
	return rc;
}

/* Waits before a busy server is asked again; what was the limit of the session
 * before is none of the wait's. */
static int rest(struct attempt *attempt, int64_t wait_ms, int cancel_fd)
{
	int64_t until_ms = sshoal__attempt_limit(
		attempt, wait_ms + arc4random_uniform(BUSY_MS));
	atomic_store(&attempt->watch.deadline_ms, until_ms);
	int rc = sshoal__wait_any(NULL, 0, until_ms, cancel_fd);
	return rc == SSHOAL_ECANCELLED ?
		       sshoal__error_code(&attempt->error, rc) :
		       0;
}

static int dial_again(struct attempt *attempt, struct attempt_way *way,
		      struct session **session)
{
	struct dialed dialed;
	int64_t wait_ms = BUSY_MS;
	for (int i = 0;; i++, wait_ms *= 2) {
		way->dial.connect_deadline_ms = sshoal__attempt_limit(
			attempt, attempt->plan->connect_timeout_ms);
		int rc = sshoal__dial(session, &way->dial, &dialed,
				      &attempt->error);
		if (rc != SSHOAL_EBUSY || i == BUSY_TRIES)
			return rc;
		rc = rest(attempt, wait_ms, way->dial.cancel_fd);
		if (rc)
			return rc;
	}
}

/* Logs in by the key alone. *session is NULL where its private half is nowhere
 * at hand. */
static int prove(struct attempt *attempt, struct session **session)
{
	struct attempt_way way;
	struct agent_keys agent;
	sshoal_key *key = attempt->run->job.key;
	bool is_private = sshoal_key_is_private(key);
	if (!is_private && !find_in_agent(&agent, attempt->plan->agent, key))
		return 0;
	sshoal__attempt_way(&way, attempt);
	way.events.enter = NULL; /* its phases are those of the first */
	way.login = (struct login){
		.user = attempt->plan->user,
		.keys = &key,
		.key_count = is_private ? 1 : 0,
		.agent = is_private ? NULL : &agent,
	};
	int rc = dial_again(attempt, &way, session);
	if (rc == 0)
		attempt->copy_id |= SSHOAL_COPY_ID_PROVEN;
	else
		(void)sshoal__error_prefix(&attempt->error,
					   "the key was installed, but not "
					   "proven");
	return rc;
}

/* Whether the script did what it was to do. */
static bool has_succeeded(const struct attempt *attempt, int rc)
{
	return rc == 0 && attempt->outcome.exit.status == 0;
}

int sshoal__copy_id_run(struct attempt *attempt, struct session *session)
{
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_RUN);
	int rc = call(attempt, session, "install");
	if (!has_succeeded(attempt, rc))
		return rc;
	attempt->error = (sshoal_error){ .code = 0 };
	session = NULL;
	rc = prove(attempt, &session);
	if (rc || !session)
		return rc;
	if (attempt->run->job.old_key)
		return call(attempt, session, "remove");
	sshoal__session_limit(session, sshoal__deadline_in(0));
	sshoal__session_free(session);
	return 0;
}
