/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_TAP_H
#define SSHOAL_SSH_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a command ended, as its server said (RFC 4254 section 6.10). */
struct exit_record {
	struct exit_record *next;
	uint32_t channel; /* our number of it */
	uint32_t status_count;
	uint32_t signal_count;
	uint32_t status; /* the first that was not 0, else 0 */
	char signal[32]; /* without "SIG", harmless text */
};

/*
 * What libssh2 reads and does not tell: it is taken from the packets when
 * libssh2 gives their memory back.
 */
struct tap {
	struct exit_record *exits;  /* registered by the commands */
	uint32_t opened_channel;    /* our number of the last one opened */
	uint32_t failures;          /* how many logins were refused */
	uint32_t partials;          /* and how many of them were right, and not
				       enough */
	uint32_t disconnect_reason; /* 0: none came */
	char methods[160];          /* what the last refusal says can go on */
	uint32_t refused_reason;    /* of the last open that was refused */
	char refused[120];          /* its server's words */
	char disconnect[160];       /* why the server disconnected */
	bool partial;               /* the last refusal was a partial success */
	bool expects_password;      /* a password is being judged */
	bool wants_change; /* the server wants another password first */
};

/* Looks at a block that libssh2 gives back. */
void sshoal__tap_look(struct tap *tap, const unsigned char *block, size_t size);

/* Whether a comma list holds a word. */
bool sshoal__list_has(const char *list, const char *word);

#endif
