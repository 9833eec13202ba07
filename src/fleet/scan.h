/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SCAN_H
#define SSHOAL_FLEET_SCAN_H

#include <stddef.h>

#include "fleet/attempt.h"
#include "trust/host_key.h"
#include "trust/trust.h"

/* One key of each kind that there is. */
#define SCAN_KEYS_MAX 5

/* What a key's description points to. */
struct scanned_key {
	unsigned char *blob;
	char type[HOST_KEY_TYPE_SIZE];
	char fingerprint[TRUST_FINGERPRINT_SIZE];
};

/* The host keys that a server showed. */
struct scan {
	sshoal_host_key keys[SCAN_KEYS_MAX];
	struct scanned_key own[SCAN_KEYS_MAX];
	size_t count;
};

/*
 * Collects the host keys of an attempt's target: a connection for each kind
 * that the server says it has. 0 with all of them; else none is kept, and the
 * codes are those of sshoal__dial_key().
 */
int sshoal__scan_run(struct attempt *attempt);

/* NULL is ignored. */
void sshoal__scan_free(struct scan *scan);

#endif
