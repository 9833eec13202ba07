/* SPDX-License-Identifier: MIT */
#include "sftp/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Requests on their way out. Small packets share a piece of memory, so that
 * many go out at once; contents are sent from where they are.
 */

#define PIECE_BYTES ((size_t)4 * 1024)

/* Loans of fewer bytes are copied to their packet. */
#define COPIED_BYTES ((size_t)1024)

/* An id is a slot's number and how often that was used. */
#define SLOT_BITS 16
#define SLOTS_MAX ((uint32_t)1 << SLOT_BITS)
#define SLOTS_FIRST 32u

#define REQUESTS_ENOUGH 1024u

/* The link is measured by requests that hardly wait for one another. */
#define ALONE 2u

/* Bytes to be sent: its own, or a loan. */
struct sftp_piece {
	struct sftp_piece *next;
	struct sftp_loan loan; /* bytes NULL: its own */
	size_t start;
	size_t end;
	size_t capacity;
	unsigned char bytes[];
};

struct sftp_slot {
	struct sftp_request *request; /* NULL: free */
	uint32_t uses;
	uint32_t next_free;
	int64_t sent_us; /* 0: behind others, which says nothing of the link */
};

static const unsigned char *piece_bytes(const struct sftp_piece *piece)
{
	return piece->loan.bytes ? piece->loan.bytes : piece->bytes;
}

static void give_back(const struct sftp_loan *loan)
{
	if (loan && loan->release)
		loan->release(loan->data);
}

static void drop_first(struct sshoal_sftp *sftp)
{
	struct sftp_piece *piece = sftp->first_piece;
	sftp->first_piece = piece->next;
	if (!sftp->first_piece)
		sftp->last_piece = NULL;
	sftp->out_bytes -= piece->end - piece->start;
	give_back(&piece->loan);
	free(piece);
}

static struct sftp_piece *add_piece(struct sshoal_sftp *sftp, size_t capacity)
{
	struct sftp_piece *made = malloc(sizeof *made + capacity);
	if (!made)
		return NULL;
	*made = (struct sftp_piece){ .capacity = capacity };
	if (sftp->last_piece)
		sftp->last_piece->next = made;
	else
		sftp->first_piece = made;
	sftp->last_piece = made;
	return made;
}

/* A piece with room for n bytes at the end. */
static struct sftp_piece *last_with_room(struct sshoal_sftp *sftp, size_t n)
{
	struct sftp_piece *last = sftp->last_piece;
	if (last && !last->loan.bytes && last->capacity - last->end >= n)
		return last;
	return add_piece(sftp, n > PIECE_BYTES ? n : PIECE_BYTES);
}

static int add_bytes(struct sshoal_sftp *sftp, const void *bytes, size_t n)
{
	struct sftp_piece *piece = last_with_room(sftp, n);
	if (!piece)
		return SSHOAL_ENOMEM;
	memcpy(piece->bytes + piece->end, bytes, n);
	piece->end += n;
	sftp->out_bytes += n;
	return 0;
}

/* What is queued is a whole packet, or the stream is of no use any more. */
static int queue(struct sshoal_sftp *sftp, struct packet *packet,
		 const struct sftp_loan *loan)
{
	const unsigned char *bytes = sshoal__buffer_data(&packet->bytes);
	size_t n = sshoal__buffer_size(&packet->bytes);
	bool copies = !loan || loan->size <= COPIED_BYTES;
	struct sftp_piece *piece =
		last_with_room(sftp, n + (loan && copies ? loan->size : 0));
	if (!piece)
		return SSHOAL_ENOMEM;
	if (!copies) {
		struct sftp_piece *lent = add_piece(sftp, 0);
		if (!lent)
			return SSHOAL_ENOMEM;
		lent->loan = *loan;
		lent->end = loan->size;
		sftp->out_bytes += loan->size;
	}
	memcpy(piece->bytes + piece->end, bytes, n);
	piece->end += n;
	sftp->out_bytes += n;
	if (loan && copies) {
		memcpy(piece->bytes + piece->end, loan->bytes, loan->size);
		piece->end += loan->size;
		sftp->out_bytes += loan->size;
		give_back(loan);
	}
	return 0;
}

void sshoal__sftp_push(struct duplex *duplex)
{
	struct sshoal_sftp *sftp = sshoal__sftp_of(duplex);
	while (sftp->first_piece && !sftp->fate.code) {
		struct sftp_piece *piece = sftp->first_piece;
		size_t n = piece->end - piece->start;
		sshoal_error error;
		int64_t taken =
			n == 0 ? 0 :
				 sshoal__channel_write(&duplex->channel,
						       piece_bytes(piece) +
							       piece->start,
						       n, &error);
		if (taken < 0) {
			(void)sshoal__sftp_fail(sftp,
						taken == SSHOAL_ECLOSED ?
							SSHOAL_ELOST :
							(int)taken,
						&error);
			return;
		}
		if (taken == 0 && n > 0)
			return;
		sftp->moved += (uint64_t)taken;
		sftp->out_bytes -= (size_t)taken;
		piece->start += (size_t)taken;
		if (piece->start == piece->end)
			drop_first(sftp);
	}
}

static bool grow_slots(struct sshoal_sftp *sftp)
{
	uint32_t count = sftp->slot_count ? sftp->slot_count * 2 : SLOTS_FIRST;
	if (count > SLOTS_MAX)
		return false;
	struct sftp_slot *slots =
		reallocarray(sftp->slots, count, sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t i = sftp->slot_count; i < count; i++)
		slots[i] = (struct sftp_slot){ .next_free = i + 1 };
	sftp->free_slot = sftp->slot_count;
	sftp->slots = slots;
	sftp->slot_count = count;
	return true;
}

static uint32_t id_of(const struct sshoal_sftp *sftp, uint32_t slot)
{
	return sftp->slots[slot].uses << SLOT_BITS | slot;
}

static void take_slot(struct sshoal_sftp *sftp, struct sftp_request *request)
{
	struct sftp_slot *slot = &sftp->slots[sftp->free_slot];
	bool alone = sftp->outstanding < ALONE;
	sftp->free_slot = slot->next_free;
	slot->request = request;
	slot->sent_us = alone ? sshoal__clock_now_us() : 0;
	if (sftp->outstanding++ == 0)
		sftp->moved_ms = sshoal__clock_now_ms();
	sftp->in_flight += request->in_flight;
}

struct sftp_request *sshoal__sftp_waiting(const struct sshoal_sftp *sftp,
					  uint32_t id)
{
	uint32_t slot = id & (SLOTS_MAX - 1);
	if (slot >= sftp->slot_count || id_of(sftp, slot) != id)
		return NULL;
	return sftp->slots[slot].request;
}

/* Learns from an answer how much the link holds. */
static void measure(struct sshoal_sftp *sftp, int64_t sent_us)
{
	int64_t took_us = sshoal__clock_now_us() - sent_us;
	if (took_us <= 0)
		took_us = 1;
	if (sftp->round_trip_us && sftp->round_trip_us <= took_us)
		return;
	sftp->round_trip_us = took_us;
	sftp->most_in_flight = SFTP_IN_FLIGHT;
	if ((uint64_t)took_us < SFTP_IN_FLIGHT / SFTP_BYTES_PER_US)
		sftp->most_in_flight = (uint64_t)took_us * SFTP_BYTES_PER_US;
	if (sftp->most_in_flight < SFTP_IN_FLIGHT_LEAST)
		sftp->most_in_flight = SFTP_IN_FLIGHT_LEAST;
}

void sshoal__sftp_settle(struct sshoal_sftp *sftp, uint32_t id,
			 const struct sftp_reply *reply)
{
	uint32_t number = id & (SLOTS_MAX - 1);
	struct sftp_slot *slot = &sftp->slots[number];
	struct sftp_request *request = slot->request;
	if (slot->sent_us && !reply->code)
		measure(sftp, slot->sent_us);
	*slot = (struct sftp_slot){
		.uses = (slot->uses + 1) & (UINT32_MAX >> SLOT_BITS),
		.next_free = sftp->free_slot,
	};
	sftp->free_slot = number;
	sftp->outstanding--;
	sftp->in_flight -= request->in_flight;
	request->answered(request, reply);
}

int sshoal__sftp_send(struct sshoal_sftp *sftp, struct packet *packet,
		      struct sftp_request *request,
		      const struct sftp_loan *loan)
{
	int rc = sftp->fate.code;
	if (rc == 0 && sftp->free_slot == sftp->slot_count && !grow_slots(sftp))
		rc = SSHOAL_ENOMEM;
	if (rc == 0) {
		request->id = id_of(sftp, sftp->free_slot);
		sshoal__packet_finish(packet, request->id,
				      loan ? loan->size : 0);
		rc = packet->failed;
	}
	if (rc == 0)
		rc = queue(sftp, packet, loan);
	if (rc) {
		give_back(loan);
		return rc;
	}
	take_slot(sftp, request);
	return 0;
}

int sshoal__sftp_send_first(struct sshoal_sftp *sftp, uint32_t version)
{
	unsigned char init[9] = { 0, 0, 0, 5, SFTP_INIT };
	sshoal__wire_store_u32(init + PACKET_ID_AT, version);
	return add_bytes(sftp, init, sizeof init);
}

void sshoal__sftp_gave_less(struct sshoal_sftp *sftp, size_t n)
{
	if (n < SFTP_READ_LEAST)
		n = SFTP_READ_LEAST;
	if (n < sftp->read_size)
		sftp->read_size = n;
}

bool sshoal__sftp_has_room(const struct sshoal_sftp *sftp)
{
	return sftp->in_flight < sftp->most_in_flight &&
	       sftp->outstanding < REQUESTS_ENOUGH &&
	       sftp->out_bytes < SFTP_OUT_ENOUGH;
}

bool sshoal__sftp_make_room(struct sshoal_sftp *sftp)
{
	if (sftp->out_bytes >= SFTP_OUT_ENOUGH && !sftp->fate.code &&
	    sftp->duplex.client)
		sshoal__client_send(&sftp->duplex);
	return sshoal__sftp_has_room(sftp);
}

int sshoal__sftp_fail(struct sshoal_sftp *sftp, int code,
		      const sshoal_error *error)
{
	if (sftp->fate.code)
		return sftp->fate.code;
	sftp->fate = *error;
	sftp->fate.code = code;
	sshoal__duplex_fail(&sftp->duplex, code, &sftp->fate);
	const struct sftp_reply reply = { .code = code, .words = "" };
	sftp->input.request = NULL;
	/* What is answered sends nothing any more, so this comes to an end. */
	for (uint32_t i = 0; i < sftp->slot_count; i++)
		if (sftp->slots[i].request)
			sshoal__sftp_settle(sftp, id_of(sftp, i), &reply);
	while (sftp->first_piece)
		drop_first(sftp);
	return code;
}

/* What the connection came to by itself. */
static int look_at_end(struct sshoal_sftp *sftp)
{
	struct duplex *duplex = &sftp->duplex;
	sshoal_error error;
	if (sftp->fate.code)
		return sftp->fate.code;
	if (!duplex->client || duplex->failed == SSHOAL_ECLOSED) {
		(void)sshoal__error_set(&error, SSHOAL_ECLOSED,
					"the client is closed");
		return sshoal__sftp_fail(sftp, SSHOAL_ECLOSED, &error);
	}
	if (duplex->failed)
		return sshoal__sftp_fail(sftp, duplex->failed, &duplex->error);
	if (!sshoal__duplex_is_over(duplex) &&
	    !duplex->channel.ended[CHANNEL_STDOUT])
		return 0;
	const struct sftp_input *input = &sftp->input;
	(void)sshoal__error_set(&error, SSHOAL_ELOST,
				"the server ended its sftp%s%.*s",
				input->words_size ? ": " : "",
				(int)input->words_size, input->words);
	return sshoal__sftp_fail(sftp, SSHOAL_ELOST, &error);
}

static int64_t silence_at_ms(const struct sshoal_sftp *sftp)
{
	if (sftp->outstanding == 0 && sftp->started)
		return DEADLINE_NONE;
	return sshoal__deadline_after(sftp->moved_ms, sftp->timeout_ms);
}

/* A time that was over: the caller's, ours, or the client's own. */
static int look_at_time(struct sshoal_sftp *sftp, int64_t deadline_ms)
{
	int64_t now_ms = sshoal__clock_now_ms();
	if (silence_at_ms(sftp) <= now_ms) {
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_ETIMEOUT,
					"the server's sftp said nothing for "
					"%lld ms",
					(long long)sftp->timeout_ms);
		return sshoal__sftp_fail(sftp, SSHOAL_ETIMEOUT, &error);
	}
	return deadline_ms <= now_ms ? 0 : SSHOAL_ETIMEOUT;
}

int sshoal__sftp_turn(struct sshoal_sftp *sftp, int64_t deadline_ms)
{
	int rc = look_at_end(sftp);
	if (rc)
		return rc;
	struct duplex *duplex = &sftp->duplex;
	uint64_t moved = sftp->moved;
	sshoal__duplex_send(duplex);
	if (sftp->fate.code)
		return sftp->fate.code;
	rc = sshoal__client_turn(
		duplex->client,
		sshoal__deadline_min(deadline_ms, silence_at_ms(sftp)),
		&sftp->error);
	if (moved != sftp->moved)
		sftp->moved_ms = sshoal__clock_now_ms();
	int ended = look_at_end(sftp);
	if (ended)
		return ended;
	if (rc == SSHOAL_ETIMEOUT)
		return look_at_time(sftp, deadline_ms);
	if (rc && rc != SSHOAL_ECANCELLED)
		return sshoal__sftp_fail(sftp, rc, &sftp->error);
	return rc;
}

void sshoal__sftp_drop_all(struct sshoal_sftp *sftp)
{
	while (sftp->first_piece)
		drop_first(sftp);
	free(sftp->slots);
	sftp->slots = NULL;
	sftp->slot_count = 0;
}
