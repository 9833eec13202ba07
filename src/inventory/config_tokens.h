/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_TOKENS_H
#define SSHOAL_INVENTORY_CONFIG_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

/* Who asks, and where. */
struct config_self {
	char *user;
	char *home; /* NULL where there is none */
	char uid[24];
	char host[256];       /* with its domain, as the system tells it */
	char short_host[256]; /* up to the first dot */
};

/* 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL: the user database does not know the
 * caller. */
int sshoal__config_self_init(struct config_self *self, sshoal_error *error);
void sshoal__config_self_fini(struct config_self *self);

/* Room for what %C stands for. */
#define CONFIG_HASH_SIZE 41

/* What the tokens of ssh_config(5) stand for; all are borrowed. */
struct config_tokens {
	const struct config_self *self;
	const char *host;     /* %h */
	const char *original; /* %n */
	const char *alias;    /* %k */
	const char *user;     /* %r */
	const char *port;     /* %p */
	const char *jump;     /* %j */
	char hash[CONFIG_HASH_SIZE];
};

/* Works out %C from the others. 0 or SSHOAL_ENOMEM. */
int sshoal__config_tokens_hash(struct config_tokens *tokens);

/* The tokens of paths and Match exec, those of a proxy, and HostName's. */
#define CONFIG_TOKENS_ALL "CdhijkLlnpru"
#define CONFIG_TOKENS_PROXY "hnpr"
#define CONFIG_TOKENS_HOST "h"

/* Replaces %x for each letter that is allowed, and %%. *expanded is to be
 * freed. 0, SSHOAL_EFORMAT, SSHOAL_ELIMIT (longer than 64 KiB) or
 * SSHOAL_ENOMEM. */
int sshoal__config_expand(char **expanded, const char *text,
			  const struct config_tokens *tokens,
			  const char *allowed, sshoal_error *error);

/* The same for a path: a leading "~/" or "~USER/" and ${NAME} as well. */
int sshoal__config_expand_path(char **expanded, const char *text,
			       const struct config_tokens *tokens,
			       sshoal_error *error);

#endif
