/* SPDX-License-Identifier: MIT */
#include "report/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/json.h"
#include "report/json_value.h"

/*
 * The events are those of --json, made in the same place. Room for those of
 * the hosts in flight is set aside: where there is none, no further hosts are
 * begun, and these may end. What cannot be written even so ends the run: a host
 * that was begun and is in no journal would be begun again.
 */

/* A begin and a result, and a file or note besides. */
#define HOST_BYTES ((size_t)1024)

struct journal {
	struct journal_file *file;
	struct console *console;
	struct journal_cancels cancels;
	size_t room_bytes; /* for the hosts in flight */
	struct json_sink sink;
	bool is_short; /* no further hosts are begun */
	bool has_failed;
};

static void say_once(struct journal *journal, int number)
{
	if (journal->is_short)
		return;
	journal->is_short = true;
	sshoal__console_say(journal->console,
			    "the journal %s: %s; no further hosts are begun",
			    sshoal__journal_file_path(journal->file),
			    strerror(number));
}

static int note_failure(struct journal *journal, int number)
{
	if (number == 0)
		return 0;
	say_once(journal, number);
	journal->has_failed = true;
	return SSHOAL_ELOCAL;
}

static void make_room(struct journal *journal)
{
	int number = journal->is_short ?
			     0 :
			     sshoal__journal_file_reserve(journal->file,
							  journal->room_bytes);
	if (number == 0)
		return;
	say_once(journal, number);
	(void)sshoal_cancel_trigger(journal->cancels.drain, SSHOAL_CANCEL_END);
}

static int on_line(void *data, const char *line, size_t size_bytes)
{
	struct journal *journal = data;
	if (journal->has_failed)
		return SSHOAL_ELOCAL;
	make_room(journal);
	return note_failure(journal, sshoal__journal_file_append(
					     journal->file, line, size_bytes));
}

static int on_end(void *data)
{
	struct journal *journal = data;
	if (journal->has_failed)
		return SSHOAL_ELOCAL;
	int number = sshoal__journal_file_sync(journal->file,
					       journal->cancels.cancel);
	/* Whoever wants the end at once does not wait for a disk. */
	return note_failure(journal, number == ECANCELED ? 0 : number);
}

/* The room is for hosts that were begun; of others nothing need be known. */
static bool wants(void *data, const struct outcome *outcome)
{
	const struct journal *journal = data;
	return !journal->is_short ||
	       outcome->status != SSHOAL_STATUS_NOT_STARTED;
}

/* --- the start --- */

static json_t *list_of(const char *const *texts, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, sshoal__json_bytes(texts[i])) ==
		    0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *hosts_of(const sshoal_hosts *hosts)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < sshoal_hosts_count(hosts); i++) {
		char text[600];
		(void)sshoal_target_expression(sshoal_hosts_target(hosts, i),
					       text, sizeof text);
		if (json_array_append_new(list, sshoal__json_bytes(text)) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/* Where we are; *value is NULL only if memory was refused. */
static int directory_of(json_t **value)
{
	char *directory = getcwd(NULL, 0);
	if (!directory)
		return errno == ENOMEM ? SSHOAL_ENOMEM : SSHOAL_ELOCAL;
	*value = sshoal__json_bytes(directory);
	free(directory);
	return 0;
}

static int make_start(json_t **made, const struct journal_start *start)
{
	json_t *directory = NULL;
	int rc = directory_of(&directory);
	if (rc)
		return rc;
	json_t *object = json_object();
	rc = object ? 0 : -1;
	rc |= json_object_set_new(object, "origin",
				  sshoal__json_text(start->origin));
	rc |= json_object_set_new(object, "cwd", directory);
	rc |= json_object_set_new(object, "words",
				  list_of(start->words, start->word_count));
	rc |= json_object_set_new(object, "options",
				  list_of(start->options, start->option_count));
	rc |= json_object_set_new(object, "hosts", hosts_of(start->hosts));
	if (rc == 0) {
		*made = object;
		return 0;
	}
	json_decref(object);
	return SSHOAL_ENOMEM;
}

int sshoal__journal_new(struct journal **journal, struct reporter *reporter,
			struct journal_file *file, struct console *console,
			const struct journal_cancels *cancels,
			const struct journal_start *start)
{
	struct journal *made = calloc(1, sizeof *made);
	struct json_options options = {
		.host_count = sshoal_hosts_count(start->hosts),
		.job = start->job,
		.command = start->command,
		.run = start->run,
		.moves_files = start->moves_files,
		.copies_id = start->copies_id,
	};
	int rc = made ? make_start(&options.start, start) : SSHOAL_ENOMEM;
	if (rc == 0) {
		made->sink = (struct json_sink){
			.put = on_line,
			.end = on_end,
			.wants = wants,
			.data = made,
		};
		options.sink = &made->sink;
		rc = sshoal__json_new(reporter, console, &options);
	}
	if (rc) {
		json_decref(options.start);
		free(made);
		return rc;
	}
	made->file = file;
	made->console = console;
	made->cancels = *cancels;
	made->room_bytes = (start->at_once + 1) * HOST_BYTES;
	*journal = made;
	return 0;
}

bool sshoal__journal_has_failed(const struct journal *journal)
{
	return journal && journal->is_short;
}

void sshoal__journal_free(struct journal *journal)
{
	if (!journal)
		return;
	sshoal__journal_file_close(journal->file);
	free(journal);
}
