/* SPDX-License-Identifier: MIT */
#include "ssh/direct.h"

#include "base/error.h"

#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)

int sshoal__direct_init(struct direct *direct, const char *host, uint32_t port)
{
	direct->message = (struct buffer)BUFFER_INIT(DIRECT_HOST_MAX + 64);
	struct buffer *message = &direct->message;
	int rc = sshoal__buffer_put_cstring(message, host);
	if (rc == 0)
		rc = sshoal__buffer_put_u32(message, port);
	/* Where the connection comes from: nobody else's business. */
	if (rc == 0)
		rc = sshoal__buffer_put_cstring(message, "127.0.0.1");
	if (rc == 0)
		rc = sshoal__buffer_put_u32(message, 0);
	direct->plan = (struct channel_plan){
		.type = "direct-tcpip",
		.message = sshoal__buffer_data(message),
		.message_size = sshoal__buffer_size(message),
		.window_bytes = WINDOW_BYTES,
	};
	return rc;
}

void sshoal__direct_fini(struct direct *direct)
{
	sshoal__buffer_fini(&direct->message);
}
