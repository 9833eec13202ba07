/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SESSION_RIG_H
#define TESTS_UNIT_SESSION_RIG_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/session.h"

/* Longer than anything takes that does not hang. */
#define LONG_MS 60000

#define BANNER "SSH-2.0-Test\r\n"
#define BANNER_SIZE (sizeof BANNER - 1)

/* A session whose peer is the other end of a socket pair. Each call asserts
 * its success. */
struct rig {
	struct watch watch;
	struct session *session;
	sshoal_error error;
	int peer;
	int fd; /* the session's, once there is one */
};

/* Without a session, and with one; cancel_fd: -1 for none. */
void rig_open(struct rig *rig);
void rig_begin(struct rig *rig, int cancel_fd);
void rig_end(struct rig *rig);

/* The peer's part: says something, and will say no more but still listens. */
void rig_say(const struct rig *rig, const void *bytes, size_t n);
void rig_fall_silent(const struct rig *rig);

/* Banner and key exchange; timeout_ms 0: as far as it gets by now. */
int rig_shake_hands(struct rig *rig, int64_t timeout_ms);

/* A packet as it is before there are keys; returns its size. */
size_t rig_put_packet(unsigned char *out, const void *payload, size_t n);

/* What a server offers: key exchange, host keys, ciphers, macs, compression. */
struct rig_offer {
	const char *lists[5];
};

/* One that we can agree with. */
extern const struct rig_offer rig_usual;

/* Room for banner and KEXINIT, and what puts them there; returns their size. */
#define RIG_HELLO_MAX 1100
size_t rig_put_hello(unsigned char *out, const struct rig_offer *offer);

#endif
