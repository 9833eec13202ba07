/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_EVIL_TABLE_H
#define SERVERS_EVIL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The password every user has. */
#define EVIL_PASSWORD "open sesame"

/* The answer to what its favourite colour is. */
#define EVIL_COLOUR "blue"

/* A code is this and a number below 256; each is good for one login. */
#define EVIL_CODE "code-"

/* An expected exit status that may be any. */
#define EVIL_EXIT_ANY INT64_MIN

enum evil_login {
	EVIL_LOGIN_PASSWORD,       /* takes EVIL_PASSWORD */
	EVIL_LOGIN_DENY,           /* refuses whatever comes */
	EVIL_LOGIN_PARTIAL,        /* the password is right, and not enough */
	EVIL_LOGIN_PROMPT,         /* keyboard-interactive, one hidden prompt */
	EVIL_LOGIN_PROMPT_NOTHING, /* likewise, then a request with none */
	EVIL_LOGIN_PROMPT_SHOWN,   /* a prompt whose answer is shown */
	EVIL_LOGIN_PROMPT_ENDLESS, /* asks the same again and again */
	EVIL_LOGIN_PROMPT_TWO,     /* the password and a code, see below */
	EVIL_LOGIN_PROMPT_COLOUR,  /* takes EVIL_COLOUR */
	EVIL_LOGIN_PROMPT_ONCE,    /* takes a code, but does not call it so */
	EVIL_LOGIN_STAGES,         /* the password, then a code */
	EVIL_LOGIN_CHANGE,         /* wants another password */
	EVIL_LOGIN_SILENT,         /* never answers */
	EVIL_LOGIN_CUT             /* the connection breaks */
};

enum evil_answer { EVIL_ANSWER_ACCEPT, EVIL_ANSWER_REFUSE, EVIL_ANSWER_NONE };

enum evil_end {
	EVIL_END_CLOSE, /* EOF and CLOSE */
	EVIL_END_HOLD,  /* nothing more */
	EVIL_END_CUT    /* the connection breaks */
};

/* What comes on its standard output until somebody stops it. */
enum evil_stream { EVIL_STREAM_NONE, EVIL_STREAM_DRIP, EVIL_STREAM_FLOOD };

/*
 * A server that misbehaves after the key exchange, chosen by the user who logs
 * in; and how a host ends that is such a one.
 */
struct evil_behaviour {
	const char *user;
	enum evil_login login;
	enum evil_answer open;
	enum evil_answer exec;
	size_t stdout_bytes;
	size_t stderr_bytes;
	enum evil_stream stream;
	int exit_count;
	uint32_t exits[2];
	const char *signal; /* sent after the exits, NULL: none */
	bool exit_first;    /* the exits come before the output */
	enum evil_end end;
	/* Expected: enum sshoal_status, _phase, _ran, the exit status or -1. */
	int status;
	int phase;
	int ran;
	int64_t exit;
	bool held;
};

extern const struct evil_behaviour evil_behaviours[];
extern const size_t evil_behaviour_count;

/* The behaviour of a user, NULL for none. */
const struct evil_behaviour *evil_behaviour_find(const char *user);

#endif
