/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_ADDRESS_H
#define SSHOAL_INVENTORY_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "inventory/name.h"

/* [user@]host[:port] as written in a hosts file or an expression. */
struct address {
	const char *name; /* an IPv6 address without its brackets */
	const char *user; /* NULL where none is written */
	uint32_t port;    /* 0 where none is written */
	size_t name_at;   /* where in the text the name begins */
	size_t port_at;   /* where the port begins, where one is written */
};

/*
 * Takes text apart, which is overwritten and which the address borrows. NULL,
 * or a constant text "what: what to do" and in *at the byte that is wrong; the
 * text may be damaged then.
 */
const char *sshoal__address_parse(struct address *address, char *text,
				  size_t *at);

/* Why a user's name, which is one, cannot be written before a host's: it would
 * mean something else in a host expression. NULL or as above. */
const char *sshoal__address_fault_user(const char *text, size_t *at);

/* A port, 1 to 65535; 0 when text is none. */
uint32_t sshoal__address_port(const char *text);

/* Room for the longest identity. */
#define IDENTITY_SIZE (2 * NAME_MAX_BYTES + 16)

/*
 * Writes user@name:port as a label has it: parts that are NULL or 0 are left
 * out, IPv6 in brackets. It is different for different addresses. Returns what
 * it needs without the NUL, like snprintf.
 */
size_t sshoal__address_write(char *out, size_t size, const char *user,
			     const char *name, uint32_t port);

#endif
