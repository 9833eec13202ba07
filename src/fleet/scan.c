/* SPDX-License-Identifier: MIT */
#include "fleet/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/outlet.h"
#include "fleet/run.h"

/*
 * A server proves one key in a key exchange, of a kind that both sides have;
 * which kinds it has is said in the first. A later connection may choose
 * another kind, so all are collected, and a host whose further keys cannot be
 * had is as good as one that was not reached.
 */

void sshoal__scan_free(struct scan *scan)
{
	if (!scan)
		return;
	for (size_t i = 0; i < scan->count; i++)
		free(scan->own[i].blob);
	free(scan);
}

/* Takes a key over; returns its kind. */
static uint32_t keep(struct scan *scan, const struct shown_key *shown,
		     const struct plan *plan)
{
	struct scanned_key *own = &scan->own[scan->count];
	own->blob = shown->key;
	(void)sshoal__trust_key_type(own->type, sizeof own->type, shown->key,
				     shown->key_size);
	(void)sshoal__trust_fingerprint(own->fingerprint, shown->key,
					shown->key_size);
	scan->keys[scan->count++] = (sshoal_host_key){
		.host = plan->host,
		.type = own->type,
		.fingerprint = own->fingerprint,
		.blob = own->blob,
		.blob_size = shown->key_size,
		.port = plan->port,
	};
	return sshoal__host_key_kind(own->type);
}

static int show(struct attempt *attempt, struct attempt_way *way,
		uint32_t kinds, struct shown_key *shown)
{
	struct dialed dialed;
	int rc = sshoal__dial_key(shown, &way->dial, kinds, &dialed,
				  &attempt->error);
	memcpy(attempt->address, dialed.address, sizeof attempt->address);
	return rc;
}

/* Asks for a further key. A server may have a key that it cannot use: without
 * it the others are good all the same. */
static int show_further(struct attempt *attempt, struct attempt_way *way,
			uint32_t kind, struct scan *scan)
{
	struct shown_key shown = { .key = NULL };
	char text[sizeof attempt->error.text + 32];
	way->events.enter = NULL; /* its phases are those of the first */
	way->dial.connect_deadline_ms = sshoal__attempt_limit(
		attempt, attempt->plan->connect_timeout_ms);
	int rc = show(attempt, way, kind, &shown);
	if (rc == 0)
		(void)keep(scan, &shown, attempt->plan);
	if (rc != SSHOAL_EPROTOCOL && rc != SSHOAL_EHOSTKEY_CHANGED)
		return rc;
	(void)snprintf(text, sizeof text, "a host key was left out: %s",
		       attempt->error.text);
	sshoal__outlet_note(attempt, text);
	attempt->error = (sshoal_error){ .code = 0 };
	return 0;
}

int sshoal__scan_run(struct attempt *attempt)
{
	struct attempt_way way;
	struct shown_key shown = { .key = NULL };
	sshoal__attempt_way(&way, attempt);
	int rc = show(attempt, &way, 0, &shown);
	if (rc)
		return rc;
	struct scan *scan = calloc(1, sizeof *scan);
	if (!scan) {
		free(shown.key);
		return sshoal__error_code(&attempt->error, SSHOAL_ENOMEM);
	}
	uint32_t left = shown.kinds & ~keep(scan, &shown, attempt->plan);
	for (uint32_t kind = 1; kind < TRUST_OTHER && rc == 0; kind <<= 1)
		if (left & kind)
			rc = show_further(attempt, &way, kind, scan);
	if (rc)
		sshoal__scan_free(scan);
	else
		attempt->scan = scan;
	return rc;
}
