/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/wire.h"
#include "exact.h"
#include "ssh/tap.h"

/* Every packet is built here by hand, byte by byte. */

#define DISCONNECT 1
#define USERAUTH_FAILURE 51
#define CHANNEL_OPEN 90
#define CHANNEL_REQUEST 98

#define CHANNEL 3

#define FOUR_GIB_LENGTH "\xff\xff\xff\xff"

static struct buffer new_packet(unsigned char type)
{
	struct buffer packet = BUFFER_INIT(2000);
	assert_int_equal(sshoal__buffer_append(&packet, &type, 1), 0);
	return packet;
}

static void put_u32(struct buffer *packet, uint32_t value)
{
	assert_int_equal(sshoal__buffer_put_u32(packet, value), 0);
}

static void put_text(struct buffer *packet, const char *text)
{
	assert_int_equal(sshoal__buffer_put_cstring(packet, text), 0);
}

static void put_byte(struct buffer *packet, unsigned char byte)
{
	assert_int_equal(sshoal__buffer_append(packet, &byte, 1), 0);
}

/* Shows the tap the first n bytes of a packet. */
static void look_at_part(struct tap *tap, const struct buffer *packet, size_t n)
{
	unsigned char *block = exact_copy(sshoal__buffer_data(packet), n);
	assert_non_null(block);
	sshoal__tap_look(tap, block, n);
	free(block);
}

static void look(struct tap *tap, struct buffer *packet)
{
	look_at_part(tap, packet, sshoal__buffer_size(packet));
	sshoal__buffer_fini(packet);
}

static struct buffer request(uint32_t channel, const char *type)
{
	struct buffer packet = new_packet(CHANNEL_REQUEST);
	put_u32(&packet, channel);
	put_text(&packet, type);
	put_byte(&packet, 0);
	return packet;
}

static struct buffer status_packet(uint32_t channel, uint32_t status)
{
	struct buffer packet = request(channel, "exit-status");
	put_u32(&packet, status);
	return packet;
}

static struct buffer signal_packet(uint32_t channel, const char *name)
{
	struct buffer packet = request(channel, "exit-signal");
	put_text(&packet, name);
	put_byte(&packet, 1);
	put_text(&packet, "core dumped");
	put_text(&packet, "en");
	return packet;
}

static void a_status_keeps_all_of_its_bits(void **state)
{
	(void)state;
	static const uint32_t statuses[] = { 0,         1,          255,
					     256,       0x7fffffff, 0x80000000,
					     UINT32_MAX };
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		struct exit_record exit = { .channel = CHANNEL };
		struct tap tap = { .exits = &exit };
		struct buffer packet = status_packet(CHANNEL, statuses[i]);
		look(&tap, &packet);
		assert_int_equal(exit.status_count, 1);
		assert_int_equal(exit.signal_count, 0);
		assert_int_equal(exit.status, statuses[i]);
	}
}

static void the_worst_of_several_statuses_counts(void **state)
{
	(void)state;
	static const struct {
		uint32_t sent[3];
		uint32_t kept;
	} table[] = {
		{ { 0, 0, 0 }, 0 }, { { 0, 7, 0 }, 7 }, { { 7, 0, 0 }, 7 },
		{ { 7, 8, 0 }, 7 }, { { 0, 0, 9 }, 9 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct exit_record exit = { .channel = CHANNEL };
		struct tap tap = { .exits = &exit };
		for (size_t k = 0; k < 3; k++) {
			struct buffer packet =
				status_packet(CHANNEL, table[i].sent[k]);
			look(&tap, &packet);
		}
		assert_int_equal(exit.status_count, 3);
		assert_int_equal(exit.status, table[i].kept);
	}
}

static void a_status_cut_anywhere_is_none(void **state)
{
	(void)state;
	struct exit_record exit = { .channel = CHANNEL };
	struct tap tap = { .exits = &exit };
	struct buffer packet = status_packet(CHANNEL, 7);
	size_t size = sshoal__buffer_size(&packet);
	for (size_t n = 0; n < size; n++)
		look_at_part(&tap, &packet, n);
	assert_int_equal(exit.status_count, 0);
	assert_int_equal(exit.signal_count, 0);
	look(&tap, &packet);
	assert_int_equal(exit.status_count, 1);
}

static void only_the_channel_it_names_ends(void **state)
{
	(void)state;
	struct exit_record third = { .channel = UINT32_MAX };
	struct exit_record second = { .next = &third, .channel = 0 };
	struct exit_record first = { .next = &second, .channel = CHANNEL };
	struct tap tap = { .exits = &first };
	struct buffer packet = status_packet(0, 5);
	look(&tap, &packet);
	packet = signal_packet(UINT32_MAX, "TERM");
	look(&tap, &packet);
	packet = status_packet(CHANNEL + 1, 6);
	look(&tap, &packet);
	assert_int_equal(first.status_count + first.signal_count, 0);
	assert_int_equal(second.status, 5);
	assert_int_equal(second.signal_count, 0);
	assert_int_equal(third.status_count, 0);
	assert_string_equal(third.signal, "TERM");
	/* Nobody waits for any. */
	tap.exits = NULL;
	packet = status_packet(0, 5);
	look(&tap, &packet);
	assert_int_equal(second.status_count, 1);
}

/* A packet of exactly these bytes. */
struct raw_packet {
	const char *bytes;
	size_t size;
};

#define RAW(text) \
	{ \
		text, sizeof text - 1 \
	}

static void what_only_looks_like_a_status_is_none(void **state)
{
	(void)state;
	static const struct raw_packet table[] = {
		/* another message */
		RAW("\x63\0\0\0\3\0\0\0\13exit-status\0\0\0\0\7"),
		RAW("\x61\0\0\0\3\0\0\0\13exit-status\0\0\0\0\7"),
		RAW("\0\0\0\3\0\0\0\13exit-status\0\0\0\0\7........"),
		/* another type, of the same length or not */
		RAW("\x62\0\0\0\3\0\0\0\13exit_status\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\0\0\0\13EXIT-STATUS\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\0\0\0\12exit-statu\0\0\0\0\7......"),
		RAW("\x62\0\0\0\3\0\0\0\14exit-status\0\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\0\0\0\13window-chan\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\0\0\0\0exit-status\0\0\0\0\7...."),
		/* lengths that do not fit */
		RAW("\x62\0\0\0\3" FOUR_GIB_LENGTH "exit-status\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\x80\0\0\13exit-status\0\0\0\0\7"),
		RAW("\x62\0\0\0\3\0\0\0\x15"
		    "exit-status\0\0\0\0\7"),
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct exit_record exit = { .channel = CHANNEL };
		struct tap tap = { .exits = &exit };
		unsigned char *block =
			exact_copy(table[i].bytes, table[i].size);
		assert_non_null(block);
		sshoal__tap_look(&tap, block, table[i].size);
		free(block);
		if (exit.status_count || exit.signal_count)
			fail_msg("packet %zu was taken", i);
	}
}

static void a_signal_has_a_harmless_name(void **state)
{
	(void)state;
	static const struct {
		const char *name, *kept;
	} table[] = {
		{ "TERM", "TERM" },
		{ "KILL", "KILL" },
		{ "USR1@example.com", "USR1@example.com" },
		{ "", "?" },
		{ "\x1b[31m", "\\x1b[31m" },
		{ "\xff", "\\xff" },
		{ "1234567890123456789012345678901", /* what fits exactly */
		  "1234567890123456789012345678901" },
		{ "12345678901234567890123456789012",
		  "1234567890123456789012345678901" },
		{ "123456789012345678901234567890\n",
		  "123456789012345678901234567890\n" },
		{ "12345678901234567890123456789\xc3\xa9"
		  "more",
		  "12345678901234567890123456789\xc3\xa9" },
		{ "123456789012345678901234567890\xc3\xa9",
		  "123456789012345678901234567890" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct exit_record exit = { .channel = CHANNEL };
		struct tap tap = { .exits = &exit };
		struct buffer packet = signal_packet(CHANNEL, table[i].name);
		look(&tap, &packet);
		assert_int_equal(exit.signal_count, 1);
		assert_int_equal(exit.status_count, 0);
		assert_string_equal(exit.signal, table[i].kept);
	}
}

/* A broken signal is not taken for a good end: it counts, without a name. */
static void a_signal_cut_short_has_no_name(void **state)
{
	(void)state;
	struct buffer packet = signal_packet(CHANNEL, "TERM");
	size_t name_end = 1 + 4 + 4 + 11 + 1 + 4 + 4;
	for (size_t n = 0; n < sshoal__buffer_size(&packet); n++) {
		struct exit_record exit = { .channel = CHANNEL };
		struct tap tap = { .exits = &exit };
		look_at_part(&tap, &packet, n);
		assert_int_equal(exit.status_count, 0);
		if (exit.signal_count)
			assert_string_equal(exit.signal,
					    n < name_end ? "?" : "TERM");
		else
			assert_true(n < 25);
	}
	sshoal__buffer_fini(&packet);
	packet = request(CHANNEL, "exit-signal");
	put_u32(&packet, UINT32_MAX);
	put_text(&packet, "TERM");
	struct exit_record exit = { .channel = CHANNEL };
	struct tap tap = { .exits = &exit };
	look(&tap, &packet);
	assert_int_equal(exit.signal_count, 1);
	assert_string_equal(exit.signal, "?");
}

static void a_signal_beside_a_status_is_kept_apart(void **state)
{
	(void)state;
	struct exit_record exit = { .channel = CHANNEL };
	struct tap tap = { .exits = &exit };
	struct buffer packet = status_packet(CHANNEL, 0);
	look(&tap, &packet);
	packet = signal_packet(CHANNEL, "SEGV");
	look(&tap, &packet);
	packet = signal_packet(CHANNEL, "TERM");
	look(&tap, &packet);
	assert_int_equal(exit.status_count, 1);
	assert_int_equal(exit.signal_count, 2);
	assert_string_equal(exit.signal, "TERM");
	/* One without a name leaves nothing of the name before it. */
	packet = signal_packet(CHANNEL, "");
	look(&tap, &packet);
	assert_string_equal(exit.signal, "?");
}

static void the_number_of_our_channel_is_seen(void **state)
{
	(void)state;
	struct tap tap = { .opened_channel = 77 };
	struct buffer packet = new_packet(CHANNEL_OPEN);
	put_text(&packet, "session");
	put_u32(&packet, 12);
	for (size_t n = 0; n < sshoal__buffer_size(&packet); n++)
		look_at_part(&tap, &packet, n);
	assert_int_equal(tap.opened_channel, 77);
	look(&tap, &packet);
	assert_int_equal(tap.opened_channel, 12);
	packet = new_packet(CHANNEL_OPEN);
	put_text(&packet, "x11");
	put_u32(&packet, 13);
	look(&tap, &packet);
	assert_int_equal(tap.opened_channel, 12);
}

static struct buffer failure_packet(const char *list, unsigned char partial)
{
	struct buffer packet = new_packet(USERAUTH_FAILURE);
	put_text(&packet, list);
	put_byte(&packet, partial);
	return packet;
}

static void a_refused_login_names_what_can_go_on(void **state)
{
	(void)state;
	static const struct {
		const char *list;
		unsigned char partial;
	} table[] = {
		{ "publickey,password", 0 },
		{ "", 0 },
		{ "keyboard-interactive", 1 },
		{ "password", 255 },
		{ "gssapi-keyex,publickey@example.com", 0 },
	};
	struct tap tap = { .failures = 0 };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buffer packet =
			failure_packet(table[i].list, table[i].partial);
		look(&tap, &packet);
		assert_int_equal(tap.failures, i + 1);
		assert_string_equal(tap.methods, table[i].list);
		assert_int_equal(tap.partial, table[i].partial != 0);
	}
}

static void a_refusal_cut_anywhere_is_none(void **state)
{
	(void)state;
	struct tap tap = { .methods = "before" };
	struct buffer packet = failure_packet("publickey,password", 1);
	for (size_t n = 0; n < sshoal__buffer_size(&packet); n++)
		look_at_part(&tap, &packet, n);
	sshoal__buffer_fini(&packet);
	packet = new_packet(USERAUTH_FAILURE);
	put_u32(&packet, UINT32_MAX);
	put_text(&packet, "publickey");
	look(&tap, &packet);
	assert_int_equal(tap.failures, 0);
	assert_false(tap.partial);
	assert_string_equal(tap.methods, "before");
}

static void a_list_that_is_none_is_not_taken(void **state)
{
	(void)state;
	static const char *const lists[] = { "pass word",   "a\nb", "\x1b[31m",
					     "caf\xc3\xa9", "\x7f", "\t" };
	struct tap tap = { .methods = "before" };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct buffer packet = failure_packet(lists[i], 0);
		look(&tap, &packet);
		assert_string_equal(tap.methods, "before");
	}
	struct buffer packet = new_packet(USERAUTH_FAILURE);
	assert_int_equal(sshoal__buffer_put_string(&packet, "a\0b", 3), 0);
	put_byte(&packet, 0);
	look(&tap, &packet);
	assert_int_equal(tap.failures, 0);
	assert_string_equal(tap.methods, "before");
}

static void a_list_longer_than_its_room_keeps_whole_names(void **state)
{
	(void)state;
	char list[sizeof((struct tap *)0)->methods + 1];
	for (size_t n = sizeof list - 4; n < sizeof list; n++) {
		struct tap tap = { .methods = "before" };
		memset(list, 'a', n);
		list[n] = '\0';
		struct buffer packet = failure_packet(list, 0);
		look(&tap, &packet);
		assert_int_equal(tap.failures, 1);
		assert_string_equal(tap.methods,
				    n < sizeof tap.methods ? list : "");
	}
	struct tap tap = { .methods = "before" };
	memcpy(list, "password,", 9);
	struct buffer packet = failure_packet(list, 0);
	look(&tap, &packet);
	assert_int_equal(tap.failures, 1);
	assert_string_equal(tap.methods, "password");
}

static struct buffer disconnect_packet(uint32_t reason, const char *text)
{
	struct buffer packet = new_packet(DISCONNECT);
	put_u32(&packet, reason);
	put_text(&packet, text);
	put_text(&packet, "en");
	return packet;
}

static void a_disconnect_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *text, *kept;
	} table[] = {
		{ "Too many authentication failures",
		  "Too many authentication failures" },
		{ "", "" },
		{ "\x1b]0;owned\a", "\\x1b]0;owned\\x07" },
		{ "a\r\xe2\x80\xae", "a\\r\\u202e" },
	};
	for (uint32_t reason = 1; reason <= 15; reason++)
		for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
			struct tap tap = { .disconnect = "before" };
			struct buffer packet =
				disconnect_packet(reason, table[i].text);
			look(&tap, &packet);
			assert_int_equal(tap.disconnect_reason, reason);
			assert_string_equal(tap.disconnect, table[i].kept);
		}
}

static void a_long_farewell_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t filler = 150; filler < 165; filler++) {
		char text[200];
		struct tap tap = { .disconnect_reason = 0 };
		size_t room = sizeof tap.disconnect - 1;
		memset(text, 'a', filler);
		memcpy(text + filler, "\x1b\x1b", 3);
		struct buffer packet = disconnect_packet(2, text);
		look(&tap, &packet);
		size_t length = strlen(tap.disconnect);
		size_t shown = filler < room ? filler : room;
		assert_int_equal((length - shown) % strlen("\\x1b"), 0);
		assert_in_range(length, shown, room);
	}
}

static void what_is_no_disconnect_says_nothing(void **state)
{
	(void)state;
	static const uint32_t reasons[] = { 0, 16, 0x80000000, UINT32_MAX };
	struct tap tap = { .disconnect = "before" };
	struct buffer packet;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		packet = disconnect_packet(reasons[i], "after");
		look(&tap, &packet);
	}
	packet = disconnect_packet(11, "after");
	for (size_t n = 0; n < 1 + 4 + 4 + 5; n++)
		look_at_part(&tap, &packet, n);
	sshoal__buffer_fini(&packet);
	packet = new_packet(DISCONNECT);
	put_u32(&packet, 11);
	put_u32(&packet, UINT32_MAX);
	put_text(&packet, "after");
	look(&tap, &packet);
	assert_int_equal(tap.disconnect_reason, 0);
	assert_string_equal(tap.disconnect, "before");
}

static void a_block_of_nothing_says_nothing(void **state)
{
	(void)state;
	struct exit_record exit = { .channel = CHANNEL };
	struct tap tap = { .exits = &exit };
	for (int type = 0; type < 256; type++) {
		struct buffer packet = new_packet((unsigned char)type);
		look_at_part(&tap, &packet, 0);
		look(&tap, &packet);
	}
	assert_int_equal(exit.status_count + exit.signal_count, 0);
	assert_int_equal(tap.failures + tap.disconnect_reason, 0);
	assert_int_equal(tap.opened_channel, 0);
}

static void a_word_is_in_a_list_as_a_whole_only(void **state)
{
	(void)state;
	static const struct {
		const char *list, *word;
		bool has;
	} table[] = {
		{ "password", "password", true },
		{ "publickey,password", "password", true },
		{ "publickey,password", "publickey", true },
		{ "a,password,b", "password", true },
		{ "publickey,password", "pass", false },
		{ "publickey,password", "key", false },
		{ "publickey,password", "publickey,password", false },
		{ "passwords", "password", false },
		{ "", "password", false },
		{ ",,password,", "password", true },
		{ ",", "password", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (sshoal__list_has(table[i].list, table[i].word) !=
		    table[i].has)
			fail_msg("\"%s\" in \"%s\"", table[i].word,
				 table[i].list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_keeps_all_of_its_bits),
		cmocka_unit_test(the_worst_of_several_statuses_counts),
		cmocka_unit_test(a_status_cut_anywhere_is_none),
		cmocka_unit_test(only_the_channel_it_names_ends),
		cmocka_unit_test(what_only_looks_like_a_status_is_none),
		cmocka_unit_test(a_signal_has_a_harmless_name),
		cmocka_unit_test(a_signal_cut_short_has_no_name),
		cmocka_unit_test(a_signal_beside_a_status_is_kept_apart),
		cmocka_unit_test(the_number_of_our_channel_is_seen),
		cmocka_unit_test(a_refused_login_names_what_can_go_on),
		cmocka_unit_test(a_refusal_cut_anywhere_is_none),
		cmocka_unit_test(a_list_that_is_none_is_not_taken),
		cmocka_unit_test(a_list_longer_than_its_room_keeps_whole_names),
		cmocka_unit_test(a_disconnect_says_why),
		cmocka_unit_test(a_long_farewell_is_cut_between_characters),
		cmocka_unit_test(what_is_no_disconnect_says_nothing),
		cmocka_unit_test(a_block_of_nothing_says_nothing),
		cmocka_unit_test(a_word_is_in_a_list_as_a_whole_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
