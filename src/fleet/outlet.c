/* SPDX-License-Identifier: MIT */
#include "fleet/outlet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fleet/attempt.h"
#include "fleet/run.h"

/*
 * The worker's end of the event queue. Whatever a host may have much of waits
 * for room there, so that a slow reader slows the hosts and fills no memory.
 */

/* The room for one piece of output: it grows while a host fills it. */
#define OUTPUT_MIN ((size_t)512)
#define OUTPUT_MAX ((size_t)32 * 1024)

static void post_text(struct attempt *attempt, enum event_kind kind, int value,
		      const char *text)
{
	size_t n = strlen(text) + 1;
	struct event_bytes *made = malloc(sizeof *made + n);
	if (!made)
		return;
	made->event = (struct event){
		.owner = attempt->task,
		.size = n,
		.kind = kind,
		.value = value,
	};
	memcpy(made->bytes, text, n);
	if (!sshoal__events_post(&attempt->run->events, &made->event,
				 &attempt->given_up))
		free(made);
}

void sshoal__outlet_enter(struct attempt *attempt, int phase)
{
	atomic_store(&attempt->phase, phase);
	attempt->phase_started_us[phase] = sshoal__clock_now_us();
	if (attempt->run->wants_phases)
		post_text(attempt, EVENT_PHASE, phase, "");
}

void sshoal__outlet_note(struct attempt *attempt, const char *text)
{
	if (attempt->run->wants_notes)
		post_text(attempt, EVENT_NOTE, 0, text);
}

/* Posts what waits for room; it is freed where it is not taken. A slow reader
 * is no fault of the host's: until there is room no shorter limit holds than
 * the job's. */
static int post_bounded(struct attempt *attempt, struct event *event)
{
	atomic_store(&attempt->watch.deadline_ms, attempt->limit_ms);
	int rc = sshoal__events_post_output(
		&attempt->run->events, event, &attempt->given_up,
		attempt->limit_ms,
		sshoal_cancel_fd(attempt->run->cancel, SSHOAL_CANCEL_END));
	if (rc)
		free(event);
	return rc;
}

static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	struct attempt *attempt = data;
	(void)stream;
	*size_bytes = OUTPUT_MIN;
	if (!attempt->room_bytes)
		attempt->room_bytes = OUTPUT_MIN;
	if (!attempt->spare)
		attempt->spare =
			malloc(sizeof *attempt->spare + attempt->room_bytes);
	if (!attempt->spare)
		return NULL;
	*size_bytes = attempt->room_bytes;
	return attempt->spare->bytes;
}

/* How much of what came is handed on. */
static size_t admit(const struct attempt *attempt, size_t size_bytes)
{
	uint64_t told = attempt->told_bytes[CHANNEL_STDOUT] +
			attempt->told_bytes[CHANNEL_STDERR];
	uint64_t left = attempt->run->max_output_bytes - told;
	return size_bytes < left ? size_bytes : (size_t)left;
}

/* More came than there may be. */
static int meet_limit(struct attempt *attempt)
{
	char text[80];
	if (!attempt->run->cuts_output) {
		attempt->limited = true;
		return SSHOAL_ELIMIT;
	}
	if (attempt->cut)
		return 0;
	attempt->cut = true;
	(void)snprintf(text, sizeof text,
		       "more output than %" PRIu64 " bytes; the rest is "
		       "dropped",
		       attempt->run->max_output_bytes);
	sshoal__outlet_note(attempt, text);
	return 0;
}

/* Makes the spare room an event. */
static struct event *make_output(struct attempt *attempt,
				 enum channel_stream stream, size_t size_bytes)
{
	struct event_bytes *made = attempt->spare;
	attempt->spare = NULL;
	/* What is not used is given back, so that many small pieces do not
	 * count for much memory. */
	if (size_bytes < attempt->room_bytes / 2) {
		struct event_bytes *small =
			realloc(made, sizeof *made + size_bytes);
		made = small ? small : made;
	} else if (size_bytes == attempt->room_bytes &&
		   size_bytes < OUTPUT_MAX) {
		attempt->room_bytes *= 2;
	}
	made->event = (struct event){
		.owner = attempt->task,
		.size = size_bytes,
		.kind = EVENT_OUTPUT,
		.value = (int)stream + SSHOAL_STDOUT,
	};
	attempt->told_bytes[stream] += size_bytes;
	return &made->event;
}

static int post_output(struct attempt *attempt, enum channel_stream stream,
		       size_t size_bytes)
{
	return post_bounded(attempt, make_output(attempt, stream, size_bytes));
}

static int put_output(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct attempt *attempt = data;
	size_t n = admit(attempt, size_bytes);
	int rc = n > 0 ? post_output(attempt, stream, n) : 0;
	attempt->cut = attempt->cut || rc != 0;
	if (rc || n == size_bytes)
		return rc;
	return meet_limit(attempt);
}

/* Once something was dropped so is what follows it: output has no gaps. */
static int put_last(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct attempt *attempt = data;
	size_t n = attempt->cut ? 0 : admit(attempt, size_bytes);
	attempt->cut = attempt->cut || n < size_bytes;
	if (n == 0)
		return 0;
	struct event *event = make_output(attempt, stream, n);
	if (sshoal__events_post_output(&attempt->run->events, event,
				       &attempt->given_up,
				       sshoal__deadline_in(0), -1)) {
		attempt->cut = true;
		free(event);
	}
	return 0;
}

struct channel_sink sshoal__outlet_sink_of(struct attempt *attempt)
{
	return (struct channel_sink){
		.room = give_room,
		.put = put_output,
		.data = attempt,
	};
}

struct channel_sink sshoal__outlet_last_sink_of(struct attempt *attempt)
{
	struct channel_sink sink = sshoal__outlet_sink_of(attempt);
	sink.put = put_last;
	return sink;
}

/* Copies a string to where there is room for it. */
static const char *place(char **room, const char *text)
{
	char *placed = *room;
	*room = stpcpy(placed, text) + 1;
	return placed;
}

int sshoal__outlet_file(struct attempt *attempt,
			const sshoal_transfer_file *file)
{
	size_t n = strlen(file->local) + strlen(file->remote) +
		   strlen(file->text) + 3;
	struct event_file *made = malloc(sizeof *made + n);
	if (!made)
		return SSHOAL_ENOMEM;
	made->event = (struct event){
		.owner = attempt->task,
		.size = sizeof *made + n,
		.kind = EVENT_FILE,
	};
	char *room = made->strings;
	made->file = *file;
	made->file.local = place(&room, file->local);
	made->file.remote = place(&room, file->remote);
	made->file.text = place(&room, file->text);
	return post_bounded(attempt, &made->event);
}

int sshoal__outlet_progress(struct attempt *attempt,
			    const sshoal_transfer_progress *progress)
{
	struct event_progress *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->event = (struct event){
		.owner = attempt->task,
		.size = sizeof *made,
		.kind = EVENT_PROGRESS,
	};
	made->progress = *progress;
	return post_bounded(attempt, &made->event);
}
