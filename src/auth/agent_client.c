/* SPDX-License-Identifier: MIT */
#include "auth/agent_client.h"

#include <stdlib.h>
#include <string.h>

#include "auth/agent_link.h"
#include "auth/comment.h"
#include "base/error.h"
#include "base/wire.h"
#include "trust/host_key.h"

/* The messages of draft-ietf-sshm-ssh-agent that a client needs. */

enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14
};

#define AGENT_RSA_SHA2_256 2u
#define AGENT_RSA_SHA2_512 4u
#define AGENT_KEYS_MAX 4096

struct agent {
	struct agent_link link;
};

int sshoal__agent_open(struct agent **agent, const char *path,
		       int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	if (!path)
		path = getenv("SSH_AUTH_SOCK");
	if (!path || !path[0])
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "ssh-agent: SSH_AUTH_SOCK is not set");
	struct agent *made = malloc(sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct agent_limit limit = { deadline_ms, cancel_fd };
	int rc = sshoal__agent_link_open(&made->link, path, &limit, error);
	if (rc) {
		free(made);
		return rc;
	}
	*agent = made;
	return 0;
}

static int refuse_reply(const char *what, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EPROTOCOL, "ssh-agent: %s",
				 what);
}

static int copy_key(struct agent_key *key, const unsigned char *blob,
		    size_t blob_size, const unsigned char *comment,
		    size_t comment_size)
{
	struct agent_key copy = {
		.blob = malloc(blob_size),
		.blob_size = blob_size,
		.comment = sshoal__comment_copy(comment, comment_size),
	};
	if (!copy.blob || !copy.comment) {
		free(copy.blob);
		free(copy.comment);
		return SSHOAL_ENOMEM;
	}
	memcpy(copy.blob, blob, blob_size);
	*key = copy;
	return 0;
}

/* A list that grows; its keys are freed by the caller even after a failure. */
static int read_keys(struct wire *wire, uint32_t announced,
		     struct agent_key **keys, size_t *count)
{
	size_t room = 0;
	for (uint32_t i = 0; i < announced && *count < AGENT_KEYS_MAX; i++) {
		size_t blob_size = 0;
		size_t comment_size = 0;
		const unsigned char *blob =
			sshoal__wire_string(wire, &blob_size);
		const unsigned char *comment =
			sshoal__wire_string(wire, &comment_size);
		if (wire->failed)
			return SSHOAL_EPROTOCOL;
		if (!sshoal__host_key_is_sound(blob, blob_size))
			continue;
		if (*count == room) {
			room = room ? 2 * room : 16;
			struct agent_key *more =
				reallocarray(*keys, room, sizeof *more);
			if (!more)
				return SSHOAL_ENOMEM;
			*keys = more;
		}
		int rc = copy_key(&(*keys)[*count], blob, blob_size, comment,
				  comment_size);
		if (rc)
			return rc;
		++*count;
	}
	return 0;
}

static int parse_keys(const struct buffer *reply, struct agent_key **keys,
		      size_t *count, sshoal_error *error)
{
	struct wire wire = sshoal__wire(sshoal__buffer_data(reply),
					sshoal__buffer_size(reply));
	unsigned char type = sshoal__wire_byte(&wire);
	if (type == AGENT_FAILURE)
		return refuse_reply("it refuses to list its keys", error);
	if (type != AGENT_IDENTITIES_ANSWER)
		return refuse_reply("not a list of keys in its answer", error);
	struct agent_key *made = NULL;
	size_t made_count = 0;
	uint32_t announced = sshoal__wire_u32(&wire);
	int rc = wire.failed ? SSHOAL_EPROTOCOL :
			       read_keys(&wire, announced, &made, &made_count);
	if (rc) {
		sshoal__agent_keys_free(made, made_count);
		return rc == SSHOAL_EPROTOCOL ?
			       refuse_reply("its list of keys is cut", error) :
			       sshoal__error_code(error, rc);
	}
	*keys = made;
	*count = made_count;
	return 0;
}

int sshoal__agent_keys(struct agent *agent, struct agent_key **keys,
		       size_t *count, int64_t deadline_ms, int cancel_fd,
		       sshoal_error *error)
{
	static const unsigned char request = AGENT_REQUEST_IDENTITIES;
	struct agent_limit limit = { deadline_ms, cancel_fd };
	struct buffer message = BUFFER_INIT(1);
	struct buffer reply = BUFFER_INIT(AGENT_MESSAGE_MAX);
	int rc = sshoal__buffer_append(&message, &request, 1);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__agent_link_ask(&agent->link, &message, &reply, &limit,
				    error);
	if (rc == 0)
		rc = parse_keys(&reply, keys, count, error);
	sshoal__buffer_fini(&message);
	sshoal__buffer_fini(&reply);
	return rc;
}

void sshoal__agent_keys_free(struct agent_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(keys[i].blob);
		free(keys[i].comment);
	}
	free(keys);
}

static int put_request(struct buffer *message, const struct agent_key *key,
		       const char *algorithm, const void *data,
		       size_t size_bytes)
{
	static const unsigned char request = AGENT_SIGN_REQUEST;
	uint32_t flags = 0;
	if (strcmp(algorithm, "rsa-sha2-512") == 0)
		flags = AGENT_RSA_SHA2_512;
	else if (strcmp(algorithm, "rsa-sha2-256") == 0)
		flags = AGENT_RSA_SHA2_256;
	int rc = sshoal__buffer_append(message, &request, 1);
	if (rc == 0)
		rc = sshoal__buffer_put_string(message, key->blob,
					       key->blob_size);
	if (rc == 0)
		rc = sshoal__buffer_put_string(message, data, size_bytes);
	return rc ? rc : sshoal__buffer_put_u32(message, flags);
}

/* An old agent ignores flags it does not know, and signs otherwise. */
static int check_name(struct wire *parts, const char *algorithm,
		      sshoal_error *error)
{
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(parts, &n);
	if (!name)
		return refuse_reply("its signature is cut", error);
	if (n == strlen(algorithm) && memcmp(name, algorithm, n) == 0)
		return 0;
	return sshoal__error_set(
		error, SSHOAL_EPROTOCOL,
		"ssh-agent: it signed with %.*s, asked for was %s",
		n > 64 ? 64 : (int)n, (const char *)name, algorithm);
}

static int parse_signature(const struct buffer *reply, const char *algorithm,
			   struct buffer *signature, sshoal_error *error)
{
	struct wire wire = sshoal__wire(sshoal__buffer_data(reply),
					sshoal__buffer_size(reply));
	unsigned char type = sshoal__wire_byte(&wire);
	if (type == AGENT_FAILURE)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "ssh-agent: it refuses to sign");
	size_t n = 0;
	const unsigned char *bytes = sshoal__wire_string(&wire, &n);
	if (type != AGENT_SIGN_RESPONSE || wire.failed || wire.left > 0)
		return refuse_reply("not a signature in its answer", error);
	struct wire parts = sshoal__wire(bytes, n);
	int rc = check_name(&parts, algorithm, error);
	if (rc)
		return rc;
	bytes = sshoal__wire_string(&parts, &n);
	if (!bytes || n == 0 || parts.left > 0)
		return refuse_reply("its signature is not sound", error);
	rc = sshoal__buffer_append(signature, bytes, n);
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal__agent_sign(struct agent *agent, const struct agent_key *key,
		       const char *algorithm, const void *data,
		       size_t size_bytes, struct buffer *signature,
		       int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	struct agent_limit limit = { deadline_ms, cancel_fd };
	struct buffer message = BUFFER_INIT(AGENT_MESSAGE_MAX);
	struct buffer reply = BUFFER_INIT(AGENT_MESSAGE_MAX);
	int rc = put_request(&message, key, algorithm, data, size_bytes);
	if (rc)
		(void)sshoal__error_code(error, rc);
	else
		rc = sshoal__agent_link_ask(&agent->link, &message, &reply,
					    &limit, error);
	if (rc == 0)
		rc = parse_signature(&reply, algorithm, signature, error);
	sshoal__buffer_fini(&message);
	sshoal__buffer_fini(&reply);
	return rc;
}

void sshoal__agent_close(struct agent *agent)
{
	if (!agent)
		return;
	sshoal__agent_link_close(&agent->link);
	free(agent);
}
