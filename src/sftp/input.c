/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "sftp/pipeline.h"

/*
 * What comes from a server, cut into answers. Contents of files go right where
 * their request wants them; all else is gathered until it is whole. Nothing is
 * believed: neither a length, nor that somebody asked.
 */

/* A packet has a length, a type and an id (or a version); contents have a
 * length of their own behind that. */
#define HEAD_BYTES ((size_t)9)
#define DATA_HEAD_BYTES ((size_t)13)

/* Read ahead at a time, so that contents are not copied twice. */
#define AHEAD_BYTES ((size_t)512)

/* The most that one packet may have. Some servers send a directory as one. */
#define PACKET_MOST ((uint32_t)4 * 1024 * 1024)
#define HELLO_MOST ((uint32_t)256 * 1024)

/* A buffer that had to be larger is given back. */
#define KEPT_BYTES ((size_t)64 * 1024)

static int fail(struct sshoal_sftp *sftp, const char *what)
{
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_EPROTOCOL, "sftp: %s", what);
	return sshoal__sftp_fail(sftp, SSHOAL_EPROTOCOL, &error);
}

/* Something that is no packet: most often what a shell's start-up file says. */
static int fail_hello(struct sshoal_sftp *sftp)
{
	const struct buffer *bytes = &sftp->input.bytes;
	size_t n = sshoal__buffer_size(bytes);
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				"the server does not speak sftp; it said "
				"\"%.*s\" (does a start-up file of the shell "
				"print something?)",
				(int)(n < 100 ? n : 100),
				(const char *)sshoal__buffer_data(bytes));
	return sshoal__sftp_fail(sftp, SSHOAL_EPROTOCOL, &error);
}

unsigned char *sshoal__sftp_give_room(void *data, enum channel_stream stream,
				      size_t *size_bytes)
{
	struct sshoal_sftp *sftp = data;
	struct sftp_input *input = &sftp->input;
	if (stream == CHANNEL_STDERR || sftp->fate.code) {
		*size_bytes = sizeof sftp->duplex.client->scratch;
		return sftp->duplex.client->scratch;
	}
	if (input->request) {
		*size_bytes = input->room_size - input->room_used;
		return input->room + input->room_used;
	}
	size_t have = sshoal__buffer_size(&input->bytes);
	size_t want = AHEAD_BYTES;
	if (have >= 4) {
		size_t whole = (size_t)sshoal__wire_load_u32(
				       sshoal__buffer_data(&input->bytes)) +
			       4;
		if (whole > have + AHEAD_BYTES)
			want = whole - have;
	}
	*size_bytes = want;
	return sshoal__buffer_reserve(&input->bytes, want);
}

static void keep_words(struct sftp_input *input, const unsigned char *bytes,
		       size_t n)
{
	size_t room = sizeof input->words - input->words_size;
	if (n > room)
		n = room;
	memcpy(input->words + input->words_size, bytes, n);
	input->words_size += n;
}

/* Gives contents to who asked for them, once all are there. */
static void finish_data(struct sshoal_sftp *sftp)
{
	struct sftp_input *input = &sftp->input;
	const struct sftp_reply reply = {
		.type = SFTP_DATA,
		.words = "",
		.data_size = input->room_size,
	};
	struct sftp_request *request = input->request;
	input->request = NULL;
	sshoal__sftp_settle(sftp, request->id, &reply);
}

/* Contents begin: as many as are here already are copied, the rest is read
 * where it belongs. */
static int begin_data(struct sshoal_sftp *sftp, struct sftp_request *request,
		      uint32_t packet_size)
{
	struct sftp_input *input = &sftp->input;
	const unsigned char *bytes = sshoal__buffer_data(&input->bytes);
	size_t n = sshoal__wire_load_u32(bytes + HEAD_BYTES);
	if (n != packet_size - (DATA_HEAD_BYTES - 4))
		return fail(sftp, "contents and their packet differ in length");
	unsigned char *room = n ? request->room(request, n) : NULL;
	if (n && !room)
		return fail(sftp, "more contents than were asked for");
	size_t here = sshoal__buffer_size(&input->bytes) - DATA_HEAD_BYTES;
	if (here > n)
		here = n;
	if (here)
		memcpy(room, bytes + DATA_HEAD_BYTES, here);
	sshoal__buffer_consume(&input->bytes, DATA_HEAD_BYTES + here);
	input->request = request;
	input->room = room;
	input->room_size = n;
	input->room_used = here;
	if (here == n)
		finish_data(sftp);
	return sftp->fate.code;
}

/* The server's words, which need not be there or have an end. */
static void read_status(struct sftp_reply *reply, char *words, size_t size)
{
	size_t n;
	reply->status = sshoal__wire_u32(&reply->body);
	if (reply->body.failed)
		reply->status = SFTP_BAD_MESSAGE;
	const unsigned char *text = sshoal__wire_string(&reply->body, &n);
	if (!text)
		n = 0;
	if (n > size - 1)
		n = size - 1;
	if (n)
		memcpy(words, text, n);
	words[n] = '\0';
	reply->words = words;
}

/* A whole packet that holds no contents. */
static int take_packet(struct sshoal_sftp *sftp, uint32_t packet_size)
{
	struct sftp_input *input = &sftp->input;
	const unsigned char *bytes = sshoal__buffer_data(&input->bytes);
	struct sftp_reply reply = {
		.type = bytes[4],
		.words = "",
		.body = sshoal__wire(bytes + HEAD_BYTES, packet_size - 5),
	};
	uint32_t id = sshoal__wire_load_u32(bytes + PACKET_ID_AT);
	char words[256];
	sshoal_error error;
	if (!sftp->started) {
		/* The version is where the id is else. */
		struct wire hello =
			sshoal__wire(bytes + PACKET_ID_AT, packet_size - 1);
		int rc = sshoal__sftp_greet(sftp, &hello, &error);
		if (rc)
			return sshoal__sftp_fail(sftp, rc, &error);
	} else if (!sshoal__sftp_waiting(sftp, id)) {
		return fail(sftp, "an answer that nobody waits for");
	} else {
		if (reply.type == SFTP_STATUS)
			read_status(&reply, words, sizeof words);
		sshoal__sftp_settle(sftp, id, &reply);
	}
	if (sftp->fate.code)
		return sftp->fate.code;
	sshoal__buffer_consume(&input->bytes, 4 + (size_t)packet_size);
	return 0;
}

/* Looks at what begins a packet. *more: nothing can be done without more. */
static int take_next(struct sshoal_sftp *sftp, bool *more)
{
	const struct buffer *buffer = &sftp->input.bytes;
	size_t have = sshoal__buffer_size(buffer);
	const unsigned char *bytes = sshoal__buffer_data(buffer);
	*more = have < HEAD_BYTES;
	if (*more)
		return 0;
	uint32_t size = sshoal__wire_load_u32(bytes);
	if (!sftp->started &&
	    (size < 5 || size > HELLO_MOST || bytes[4] != SFTP_VERSION))
		return fail_hello(sftp);
	if (size < 5 || size > PACKET_MOST)
		return fail(sftp, "a packet of an impossible length");
	if (sftp->started && bytes[4] == SFTP_DATA) {
		struct sftp_request *request = sshoal__sftp_waiting(
			sftp, sshoal__wire_load_u32(bytes + PACKET_ID_AT));
		if (request && request->room) {
			if (size < DATA_HEAD_BYTES - 4)
				return fail(sftp, "contents without a length");
			*more = have < DATA_HEAD_BYTES;
			return *more ? 0 : begin_data(sftp, request, size);
		}
	}
	*more = have - 4 < size;
	return *more ? 0 : take_packet(sftp, size);
}

int sshoal__sftp_take(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct sshoal_sftp *sftp = data;
	struct sftp_input *input = &sftp->input;
	sftp->moved += size_bytes;
	if (sftp->fate.code)
		return sftp->fate.code;
	if (stream == CHANNEL_STDERR) {
		keep_words(input, sftp->duplex.client->scratch, size_bytes);
		return 0;
	}
	if (input->request) {
		input->room_used += size_bytes;
		if (input->room_used == input->room_size)
			finish_data(sftp);
		return sftp->fate.code;
	}
	sshoal__buffer_fill(&input->bytes, size_bytes);
	bool more = false;
	int rc = 0;
	while (rc == 0 && !more && !input->request)
		rc = take_next(sftp, &more);
	if (rc == 0 && sshoal__buffer_size(&input->bytes) == 0 &&
	    input->bytes.capacity > KEPT_BYTES)
		sshoal__buffer_fini(&input->bytes);
	return rc;
}
