/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_RAW_TABLE_H
#define SERVERS_RAW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What follows when all was sent. */
enum raw_end {
	RAW_HOLD, /* nothing, for ever */
	RAW_CLOSE,
	RAW_RESET /* closes with RST, once the client has said something */
};

/* What is sent after the text. */
enum raw_body {
	RAW_NONE,
	RAW_NOISE,      /* 64 KiB that are no packets */
	RAW_PACKET,     /* the header of a packet of packet_length, then 0xff */
	RAW_KEXINIT,    /* a KEXINIT that a client can agree with */
	RAW_DISCONNECT, /* SSH_MSG_DISCONNECT with escape sequences */
	RAW_LONG_LINE   /* 300 bytes with an escape sequence, and a newline */
};

/*
 * A TCP server that is no SSH server, and how a host ends that is such a one:
 * statuses is a set of 1u << SSHOAL_STATUS_..., phase one of enum
 * sshoal_phase.
 */
struct raw_behaviour {
	const char *name;
	const char *text;       /* sent at once */
	enum raw_body body;     /* sent after it */
	uint32_t packet_length; /* of RAW_PACKET */
	int interval_ms;        /* one byte of text per interval; 0: at once */
	bool endless;           /* the text again and again */
	bool deaf;              /* never accepts: drops what asks to connect */
	bool asked_again;       /* busy: a client tries more than once */
	enum raw_end end;
	uint32_t statuses;
	int phase;
};

extern const struct raw_behaviour raw_behaviours[];
extern const size_t raw_behaviour_count;

/* The behaviour of a name, NULL for none. */
const struct raw_behaviour *raw_behaviour_find(const char *name);

#endif
