/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/tunnel.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/client.h"
#include "ssh/direct.h"
#include "ssh/duplex.h"

/* A tunnel is a duplex on a channel whose other end is a connection. */

struct sshoal_tunnel {
	uint32_t magic; /* TUNNEL_MAGIC while it lives */
	struct duplex duplex;
};

#define TUNNEL_MAGIC 0x7374756eu

static void dispose(struct duplex *duplex)
{
	struct sshoal_tunnel *tunnel =
		(struct sshoal_tunnel *)((char *)duplex -
					 offsetof(struct sshoal_tunnel,
						  duplex));
	sshoal__duplex_fini(duplex);
	free(tunnel);
}

static int request(struct sshoal_tunnel *tunnel, const char *host,
		   uint32_t port, sshoal_error *error)
{
	struct direct direct;
	int rc = sshoal__direct_init(&direct, host, port);
	if (rc)
		(void)sshoal__error_code(error, rc);
	else
		rc = sshoal__channel_open(
			&tunnel->duplex.channel, &direct.plan,
			sshoal__deadline_in(CLIENT_REQUEST_MS), error);
	sshoal__direct_fini(&direct);
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
		sshoal__client_lose(tunnel->duplex.client, error);
	if (rc == SSHOAL_ECHANNEL)
		return sshoal__error_prefix(error, "%.200s port %u", host,
					    port);
	return rc;
}

static int open_tunnel(struct sshoal_tunnel **tunnel,
		       struct sshoal_client *client, const char *host,
		       uint32_t port, sshoal_error *error)
{
	sshoal_error own = { .code = 0 };
	int rc = sshoal__client_make_room(
		client, false, sshoal__deadline_in(CLIENT_REQUEST_MS), error);
	if (rc)
		return rc;
	struct sshoal_tunnel *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->magic = TUNNEL_MAGIC;
	sshoal__duplex_init(&made->duplex, client);
	made->duplex.dispose = dispose;
	rc = request(made, host, port, &own);
	if (rc) {
		dispose(&made->duplex);
		if (error)
			*error = own;
		return rc;
	}
	sshoal__client_add(client, &made->duplex);
	*tunnel = made;
	return 0;
}

int sshoal_tunnel_open(sshoal_tunnel **tunnel, sshoal_client *client,
		       const char *host, uint32_t port, sshoal_error *error)
{
	if (!tunnel || !host || !*host || strlen(host) > DIRECT_HOST_MAX ||
	    port == 0 || port > 65535 || !sshoal__client_enter(client))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no client, host or port, or another "
					 "thread is in a call on the client");
	int rc = open_tunnel(tunnel, client, host, port, error);
	rc = sshoal__client_blame(client, "opening a tunnel", rc, error);
	sshoal__client_leave(client);
	return rc;
}

static bool is_tunnel(const sshoal_tunnel *tunnel)
{
	/* Else it is closed. */
	assert(!tunnel || tunnel->magic == TUNNEL_MAGIC);
	return tunnel != NULL;
}

int64_t sshoal_tunnel_read(sshoal_tunnel *tunnel, void *buffer,
			   size_t size_bytes, int64_t timeout_ms)
{
	if (!is_tunnel(tunnel))
		return SSHOAL_EINVAL;
	return sshoal__duplex_read(&tunnel->duplex, CHANNEL_STDOUT, buffer,
				   size_bytes, timeout_ms);
}

int64_t sshoal_tunnel_write(sshoal_tunnel *tunnel, const void *data,
			    size_t size_bytes, int64_t timeout_ms)
{
	if (!is_tunnel(tunnel))
		return SSHOAL_EINVAL;
	return sshoal__duplex_write(&tunnel->duplex, data, size_bytes,
				    timeout_ms);
}

int sshoal_tunnel_close_write(sshoal_tunnel *tunnel)
{
	return is_tunnel(tunnel) ? sshoal__duplex_close_write(&tunnel->duplex) :
				   SSHOAL_EINVAL;
}

const char *sshoal_tunnel_error_text(const sshoal_tunnel *tunnel)
{
	return is_tunnel(tunnel) ? tunnel->duplex.error.text :
				   sshoal_error_text(SSHOAL_EINVAL);
}

void sshoal_tunnel_close(sshoal_tunnel *tunnel)
{
	if (!is_tunnel(tunnel))
		return;
	struct sshoal_client *client = tunnel->duplex.client;
	bool entered = sshoal__duplex_enter(&tunnel->duplex);
	assert(entered && "another thread is in a call on the client");
	(void)entered;
	tunnel->magic = 0;
	sshoal__client_let_go(&tunnel->duplex);
	if (client)
		sshoal__client_leave(client);
}
