/* SPDX-License-Identifier: MIT */
#include "cli/status.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshoal/inventory.h>

#include "cli/signals.h"

/*
 * A thread of its own, so that it answers as well while the program waits for
 * somebody to read its output. It touches no console: what it says is written
 * at once, and not at all where nobody reads it.
 */

/* As much as a pipe that is writable takes without waiting, and how long to
 * wait for each. */
#define PIECE_BYTES ((size_t)4096)
#define PIECE_MS 1000

enum mark { MARK_LEFT, MARK_BEGUN, MARK_DONE };

struct status {
	const sshoal_hosts *hosts;
	const sshoal_fleet *fleet;
	pthread_t thread;
	atomic_bool stops;
	bool wipes;
	size_t count;
	atomic_uchar marks[]; /* enum mark, of each host */
};

/* What is being said, and room for the names in a line of it. */
struct saying {
	FILE *out;
	const char **names;
	size_t count;
};

static void say_names(struct saying *saying, const char *head)
{
	char *folded = NULL;
	if (saying->count == 0 ||
	    sshoal_names_fold(&folded, saying->names, saying->count, NULL))
		return;
	(void)fprintf(saying->out, "sshoal: %s: %s\n", head, folded);
	free(folded);
	saying->count = 0;
}

static void say_phase(struct saying *saying, const sshoal_fleet_running *list,
		      size_t count, int phase)
{
	int64_t least_ms = INT64_MAX;
	int64_t most_ms = 0;
	for (size_t i = 0; i < count; i++) {
		if (list[i].phase != phase)
			continue;
		saying->names[saying->count++] =
			sshoal_target_label(list[i].target);
		if (list[i].running_ms < least_ms)
			least_ms = list[i].running_ms;
		if (list[i].running_ms > most_ms)
			most_ms = list[i].running_ms;
	}
	char head[96];
	const char *name = sshoal_phase_name(phase);
	if (least_ms / 1000 == most_ms / 1000)
		(void)snprintf(head, sizeof head, "in %s, for %lld s", name,
			       (long long)(most_ms / 1000));
	else
		(void)snprintf(head, sizeof head, "in %s, for %lld to %lld s",
			       name, (long long)(least_ms / 1000),
			       (long long)(most_ms / 1000));
	say_names(saying, head);
}

/* Those that were tried and are not running wait for their next try. */
static void say_marked(struct saying *saying, const struct status *status,
		       const bool *runs, enum mark mark, const char *head)
{
	for (size_t i = 0; i < status->count; i++)
		if (atomic_load(&status->marks[i]) == mark && !runs[i])
			saying->names[saying->count++] = sshoal_target_label(
				sshoal_hosts_target(status->hosts, i));
	say_names(saying, head);
}

static void say_counts(struct saying *saying, const struct status *status,
		       size_t running)
{
	size_t counts[MARK_DONE + 1] = { 0 };
	for (size_t i = 0; i < status->count; i++)
		counts[atomic_load(&status->marks[i])]++;
	(void)fprintf(saying->out,
		      "%ssshoal: %zu of %zu done, %zu running, %zu left\n",
		      status->wipes ? "\r\033[K" : "", counts[MARK_DONE],
		      status->count, running, counts[MARK_LEFT]);
}

static void say_all(struct saying *saying, const struct status *status,
		    sshoal_fleet_running *list, bool *runs)
{
	size_t count = sshoal_fleet_status(status->fleet, list, status->count);
	if (count > status->count)
		count = status->count;
	for (size_t i = 0; i < count; i++)
		runs[sshoal_target_index(list[i].target)] = true;
	say_counts(saying, status, count);
	for (int phase = 0; phase < SSHOAL_PHASE_COUNT; phase++)
		say_phase(saying, list, count, phase);
	say_marked(saying, status, runs, MARK_BEGUN, "before the next try");
	say_marked(saying, status, runs, MARK_LEFT, "left");
}

static void write_out(const char *text, size_t size)
{
	while (size > 0) {
		struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };
		size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
		if (poll(&err, 1, PIECE_MS) != 1)
			return;
		ssize_t n = write(STDERR_FILENO, text, piece);
		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

static void tell(const struct status *status)
{
	size_t room = status->count ? status->count : 1;
	char *text = NULL;
	size_t size = 0;
	struct saying saying = {
		.out = open_memstream(&text, &size),
		.names = calloc(room, sizeof *saying.names),
	};
	sshoal_fleet_running *list = calloc(room, sizeof *list);
	bool *runs = calloc(room, sizeof *runs);
	if (saying.out && saying.names && list && runs)
		say_all(&saying, status, list, runs);
	if (saying.out && fclose(saying.out) == 0)
		write_out(text, size);
	free(text);
	free(saying.names);
	free(list);
	free(runs);
}

static void *listen_for(void *data)
{
	const struct status *status = data;
	for (;;) {
		sshoal__signals_await_question();
		if (atomic_load(&status->stops))
			return NULL;
		tell(status);
	}
}

int sshoal__status_new(struct status **status, const sshoal_hosts *hosts,
		       const sshoal_fleet *fleet, bool wipes)
{
	size_t count = sshoal_hosts_count(hosts);
	struct status *made =
		calloc(1, sizeof *made + count * sizeof made->marks[0]);
	if (!made)
		return SSHOAL_ENOMEM;
	made->hosts = hosts;
	made->fleet = fleet;
	made->wipes = wipes;
	made->count = count;
	if (pthread_create(&made->thread, NULL, listen_for, made) != 0) {
		free(made);
		return SSHOAL_ELOCAL;
	}
	*status = made;
	return 0;
}

void sshoal__status_begin(struct status *status, size_t index)
{
	if (status && index < status->count)
		atomic_store(&status->marks[index], MARK_BEGUN);
}

void sshoal__status_end(struct status *status, size_t index)
{
	if (status && index < status->count)
		atomic_store(&status->marks[index], MARK_DONE);
}

void sshoal__status_free(struct status *status)
{
	if (!status)
		return;
	atomic_store(&status->stops, true);
	sshoal__signals_question();
	(void)pthread_join(status->thread, NULL);
	free(status);
}
