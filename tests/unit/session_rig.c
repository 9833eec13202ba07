/* SPDX-License-Identifier: MIT */
#include "session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/wire.h"

void rig_open(struct rig *rig)
{
	int ends[2];
	*rig = (struct rig){ .session = NULL };
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, ends),
			 0);
	rig->fd = ends[0];
	rig->peer = ends[1];
	sshoal__watch_init(&rig->watch);
}

void rig_begin(struct rig *rig, int cancel_fd)
{
	rig_open(rig);
	assert_int_equal(sshoal__session_new(&rig->session, rig->fd,
					     &rig->watch, cancel_fd,
					     &rig->error),
			 0);
	assert_int_equal(rig->watch.fd, rig->fd);
}

void rig_end(struct rig *rig)
{
	sshoal__session_free(rig->session);
	assert_int_equal(rig->watch.fd, -1);
	sshoal__watch_fini(&rig->watch);
	(void)close(rig->peer);
}

void rig_say(const struct rig *rig, const void *bytes, size_t n)
{
	assert_int_equal(send(rig->peer, bytes, n, MSG_NOSIGNAL), n);
}

void rig_fall_silent(const struct rig *rig)
{
	assert_int_equal(shutdown(rig->peer, SHUT_WR), 0);
}

int rig_shake_hands(struct rig *rig, int64_t timeout_ms)
{
	return sshoal__session_handshake(rig->session, 0, NULL,
					 sshoal__deadline_in(timeout_ms),
					 &rig->error);
}

size_t rig_put_packet(unsigned char *out, const void *payload, size_t n)
{
	size_t padding = 16 - (5 + n) % 8;
	sshoal__wire_store_u32(out, (uint32_t)(1 + n + padding));
	out[4] = (unsigned char)padding;
	memcpy(out + 5, payload, n);
	memset(out + 5 + n, 0, padding);
	return 5 + n + padding;
}

const struct rig_offer rig_usual = { { "curve25519-sha256", "ssh-ed25519",
				       "aes128-ctr", "hmac-sha2-256",
				       "none" } };

static size_t put_kexinit(unsigned char *out, const struct rig_offer *offer)
{
	static const unsigned char order[] = { 0, 1, 2, 2, 3, 3, 4, 4 };
	unsigned char payload[1000] = { 20 };
	size_t n = 17;
	for (size_t i = 0; i < sizeof order; i++) {
		const char *list = offer->lists[order[i]];
		size_t length = strlen(list);
		sshoal__wire_store_u32(payload + n, (uint32_t)length);
		memcpy(payload + n + 4, list, length);
		n += 4 + length;
	}
	/* No languages, no guess. */
	return rig_put_packet(out, payload, n + 4 + 4 + 1 + 4);
}

size_t rig_put_hello(unsigned char *out, const struct rig_offer *offer)
{
	memcpy(out, BANNER, BANNER_SIZE);
	return BANNER_SIZE + put_kexinit(out + BANNER_SIZE, offer);
}
