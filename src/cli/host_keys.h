/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_HOST_KEYS_H
#define SSHOAL_CLI_HOST_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/fleet.h>
#include <sshoal/known_hosts.h>

#include "report/report.h"

/* What a key that was found is, beside what is on file. */
enum key_state {
	KEY_KNOWN = 0,
	KEY_UNKNOWN,
	KEY_CHANGED, /* another of its type is on file, or only others are */
	KEY_REVOKED,
	KEY_ADDED,    /* was unknown, and is on file */
	KEY_REPLACED, /* was changed, and is on file in the place of another */
	KEY_REMOVED   /* was on file */
};

/* A key of a host. */
struct host_key {
	unsigned char *blob;
	size_t size;
	char *type;
	char fingerprint[64];
	char on_file[64]; /* of what is in its place; "": nothing is */
	enum key_state state;
};

/* A known-hosts file, or the usual ones, and what is to be written there. */
struct key_store {
	struct key_store *next;
	const char *file; /* NULL: the usual ones; the fleet's */
	const char *name; /* what a person calls it */
	sshoal_known_hosts *hosts;
	size_t added; /* keys, like the next */
	size_t added_hosts;
	int failure; /* why it could not be written; 0: it could */
	sshoal_error error;
};

/* A host with the keys that it showed. */
struct keyed_host {
	struct outcome outcome; /* how the run ended for it, then how all did */
	char *address;
	char *error;
	sshoal_known_as known_as; /* the fleet's */
	struct key_store *store;
	struct host_key *keys;
	size_t key_count;
	bool is_replaced; /* changed keys are taken, by --replace */
	bool is_taken;    /* its unknown and changed keys are to be written */
};

/* The hosts of a run, in their order. */
struct host_keys {
	struct keyed_host *hosts;
	size_t count;
	struct key_store *stores;
};

/* Reads all known-hosts files that the targets are in. 0, or what reading them
 * failed with; _fini() is due either way. */
int sshoal__host_keys_init(struct host_keys *keys, sshoal_fleet *fleet,
			   const sshoal_hosts *hosts, sshoal_error *error);

/* Takes a result and its keys in. 0 or SSHOAL_ENOMEM. */
int sshoal__host_keys_hold(struct host_keys *keys, const sshoal_result *result);

/* Takes in the keys that are on file for a host, as removed ones. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__host_keys_hold_filed(struct keyed_host *host);

/* Compares the keys of all hosts with what is on file: sets their states, and
 * the outcome of hosts that are not as they were. 0 or SSHOAL_ENOMEM. */
int sshoal__host_keys_compare(struct host_keys *keys);

/* Gives a host another outcome. 0 or SSHOAL_ENOMEM. */
int sshoal__host_keys_set(struct keyed_host *host, int status,
			  const char *error);

/* Whether one of a host's keys is in a state. */
bool sshoal__host_keys_has(const struct keyed_host *host, enum key_state state);

/* The word for a state. */
const char *sshoal__host_keys_word(enum key_state state);

/* Shows the hosts and their keys, those alike together. only_open: those alone
 * whose keys are not as they are on file. 0, SSHOAL_EIO or SSHOAL_ENOMEM. */
int sshoal__host_keys_show(const struct host_keys *keys,
			   struct console *console, int stream, bool only_open);

/* Tells the outcome of every host. */
int sshoal__host_keys_tell(const struct host_keys *keys, struct report *report);

/* Writes the keys of those hosts that are taken, and sets outcome and states to
 * what has come of it. hash: names are written as hashes. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__host_keys_write(struct host_keys *keys, bool hash);

/* Removes the keys of all hosts, likewise. */
int sshoal__host_keys_remove(struct host_keys *keys);

void sshoal__host_keys_fini(struct host_keys *keys);

#endif
