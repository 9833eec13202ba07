/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_JOURNAL_EVENT_H
#define SSHOAL_FLEET_JOURNAL_EVENT_H

#include <jansson.h>

#include <sshoal/journal.h>

/* What an event points to. All zero is an empty one. */
struct journal_room {
	json_t *root;      /* strings are its, but those of pieces */
	char *pieces;      /* decoded bytes, one string after the other */
	char *directory;   /* decoded, or NULL */
	const char **list; /* words, options and targets */
};

/*
 * Reads an event from its JSON, which it takes over; room holds what the event
 * points to. 0; SSHOAL_EFORMAT with a text that says what is wrong and not
 * where, SSHOAL_EUNSUPPORTED or SSHOAL_ENOMEM. Fini the room in any case.
 */
int sshoal__journal_event_read(sshoal_journal_event *event,
			       struct journal_room *room, json_t *root,
			       sshoal_error *error);

void sshoal__journal_room_fini(struct journal_room *room);

#endif
