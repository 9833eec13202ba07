/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_KEYWORD_H
#define SSHOAL_INVENTORY_CONFIG_KEYWORD_H

#include <stdbool.h>
#include <stdint.h>

/* The keywords that have an effect here; the others are only kept. */
enum config_id {
	CONFIG_OTHER,
	CONFIG_ADDRESS_FAMILY,
	CONFIG_BATCH_MODE,
	CONFIG_BIND_ADDRESS,
	CONFIG_CANONICALIZE_FALLBACK_LOCAL,
	CONFIG_CANONICALIZE_HOSTNAME,
	CONFIG_CANONICALIZE_MAX_DOTS,
	CONFIG_CANONICALIZE_PERMITTED_CNAMES,
	CONFIG_CANONICAL_DOMAINS,
	CONFIG_CERTIFICATE_FILE,
	CONFIG_CIPHERS,
	CONFIG_COMPRESSION,
	CONFIG_CONNECTION_ATTEMPTS,
	CONFIG_CONNECT_TIMEOUT,
	CONFIG_FORWARD_AGENT,
	CONFIG_GLOBAL_KNOWN_HOSTS_FILE,
	CONFIG_HASH_KNOWN_HOSTS,
	CONFIG_HOSTNAME,
	CONFIG_HOST_KEY_ALGORITHMS,
	CONFIG_HOST_KEY_ALIAS,
	CONFIG_IDENTITIES_ONLY,
	CONFIG_IDENTITY_AGENT,
	CONFIG_IDENTITY_FILE,
	CONFIG_IGNORE_UNKNOWN,
	CONFIG_KBD_INTERACTIVE_AUTHENTICATION,
	CONFIG_KEX_ALGORITHMS,
	CONFIG_KNOWN_HOSTS_COMMAND,
	CONFIG_MACS,
	CONFIG_NUMBER_OF_PASSWORD_PROMPTS,
	CONFIG_PASSWORD_AUTHENTICATION,
	CONFIG_PORT,
	CONFIG_PREFERRED_AUTHENTICATIONS,
	CONFIG_PROXY_COMMAND,
	CONFIG_PROXY_JUMP,
	CONFIG_PUBKEY_ACCEPTED_ALGORITHMS,
	CONFIG_PUBKEY_AUTHENTICATION,
	CONFIG_REFUSE_CONNECTION,
	CONFIG_REVOKED_HOST_KEYS,
	CONFIG_SEND_ENV,
	CONFIG_SERVER_ALIVE_COUNT_MAX,
	CONFIG_SERVER_ALIVE_INTERVAL,
	CONFIG_SET_ENV,
	CONFIG_STRICT_HOST_KEY_CHECKING,
	CONFIG_TAG,
	CONFIG_USER,
	CONFIG_USER_KNOWN_HOSTS_FILE,
	CONFIG_VERIFY_HOST_KEY_DNS
};

/* What a keyword's arguments are. */
enum config_kind {
	CONFIG_KIND_HOST,    /* Host: begins a block */
	CONFIG_KIND_MATCH,   /* Match: likewise */
	CONFIG_KIND_INCLUDE, /* Include */
	CONFIG_KIND_CHOICE,  /* one of the words of a list */
	CONFIG_KIND_TEXT,    /* one argument */
	CONFIG_KIND_TEXTS,   /* one or two, kept as one text */
	CONFIG_KIND_LIST,    /* any number; "none" stands alone */
	CONFIG_KIND_DOMAINS, /* a list of domains, or "none" */
	CONFIG_KIND_RULES,   /* a list of NAMES:NAMES, or "none" */
	CONFIG_KIND_NUMBER,  /* 0 to 2147483647 */
	CONFIG_KIND_PORT,    /* 1 to 65535, or a service's name */
	CONFIG_KIND_TIME,    /* as in 1h30m; kept as seconds */
	CONFIG_KIND_COMMAND, /* the rest of the line as it is */
	CONFIG_KIND_JUMP,    /* [user@]host[:port], several with commas */
	CONFIG_KIND_AGENT,   /* yes, no, or a path */
	CONFIG_KIND_SEND,    /* names of variables */
	CONFIG_KIND_SET,     /* NAME=VALUE */
	CONFIG_KIND_IGNORED  /* OpenSSH takes it and does nothing */
};

#define CONFIG_MANY (1u << 0)   /* each line adds to the others */
#define CONFIG_PATH (1u << 1)   /* "~", tokens and ${NAME} are replaced */
#define CONFIG_TOKENS (1u << 2) /* the tokens of a proxy are replaced */
#define CONFIG_CLEARS (1u << 3) /* "none" is as if it were not set */

struct config_keyword {
	const char *name;
	const char *words; /* of a choice, with commas */
	enum config_id id;
	enum config_kind kind;
	uint32_t flags;
};

/* The keyword of a name in letters of any case; NULL for one that OpenSSH does
 * not know. Old names give what they stand for. */
const struct config_keyword *sshoal__config_keyword_find(const char *name);

/* The keyword with an id other than CONFIG_OTHER. */
const struct config_keyword *sshoal__config_keyword_of(enum config_id id);

#endif
