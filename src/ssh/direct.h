/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_DIRECT_H
#define SSHOAL_SSH_DIRECT_H

#include <stdint.h>

#include "base/buffer.h"
#include "ssh/channel.h"

#define DIRECT_HOST_MAX 1025

/* What opens a channel to another host (RFC 4254 section 7.2). */
struct direct {
	struct buffer message;
	struct channel_plan plan; /* points into it */
};

/* 0 or SSHOAL_ENOMEM; _fini() is due in any case. */
int sshoal__direct_init(struct direct *direct, const char *host, uint32_t port);
void sshoal__direct_fini(struct direct *direct);

#endif
