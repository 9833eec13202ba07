/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/error.h>

#include "base/wire.h"
#include "ssh/certificate_tail.h"
#include "ssh/login_ways.h"
#include "ssh/prompt.h"

/* What is tried, what a question means, and how a certificate's signature is
 * put where it belongs. */

static void methods_are_tried_in_the_order_that_is_preferred(void **state)
{
	(void)state;
	static const struct {
		const char *preferred;
		uint32_t disabled;
		int publickey, password, prompts;
	} table[] = {
		{ NULL, 0, 0, 1, 2 },
		{ NULL, SSHOAL_LOGIN_PUBLICKEY, -1, 1, 2 },
		{ "password", 0, -1, 0, -1 },
		{ "password", SSHOAL_LOGIN_PASSWORD, -1, -1, -1 },
		{ "keyboard-interactive,password,publickey", 0, 2, 1, 0 },
		{ "gssapi-with-mic,publickey", 0, 1, -1, -1 },
		{ "publickeys,pass,", 0, -1, -1, -1 },
		{ "", 0, -1, -1, -1 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct login_ways ways = {
			.preferred = table[i].preferred,
			.disabled = table[i].disabled,
		};
		assert_int_equal(
			sshoal__login_ways_rank(&ways, SSHOAL_LOGIN_PUBLICKEY),
			table[i].publickey);
		assert_int_equal(
			sshoal__login_ways_rank(&ways, SSHOAL_LOGIN_PASSWORD),
			table[i].password);
		assert_int_equal(
			sshoal__login_ways_rank(
				&ways, SSHOAL_LOGIN_KEYBOARD_INTERACTIVE),
			table[i].prompts);
	}
}

static void a_list_of_algorithms_adds_takes_away_or_replaces(void **state)
{
	(void)state;
	static const struct {
		const char *list, *name;
		bool accepted;
	} table[] = {
		{ NULL, "ssh-rsa", true },
		{ "ssh-ed25519", "ssh-ed25519", true },
		{ "ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", false },
		{ "rsa-*,ecdsa-*", "rsa-sha2-512", true },
		{ "rsa-*,ecdsa-*", "ssh-rsa", false },
		{ "+ssh-rsa", "rsa-sha2-512", true },
		{ "^ssh-ed25519", "rsa-sha2-512", true },
		{ "-rsa-*", "rsa-sha2-512", false },
		{ "-rsa-*", "ssh-ed25519", true },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (sshoal__algorithm_is_accepted(
			    table[i].list, table[i].name) != table[i].accepted)
			fail_msg("%s of %s", table[i].name, table[i].list);
}

static struct sshoal_prompt *prompt_of(const char *first, bool echo,
				       const char *second)
{
	const struct raw_question questions[] = {
		{ first, strlen(first), echo },
		{ second, second ? strlen(second) : 0, false },
	};
	struct sshoal_prompt *prompt =
		sshoal__prompt_new("", 0, "", 0, questions, second ? 2 : 1);
	assert_non_null(prompt);
	return prompt;
}

static void words_tell_what_a_question_wants(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool password, one_time;
	} table[] = {
		{ "Password: ", true, false },
		{ "root@host's password:", true, false },
		{ "(root@bootp.example) Password:", true, false },
		{ "Verification code: ", false, true },
		{ "One-time password (OATH) for `root': ", false, true },
		{ "OTP", false, true },
		{ "Enter PASSCODE: ", false, true },
		{ "Password + token: ", false, true },
		{ "New password: ", false, false },
		{ "Retype new password: ", false, false },
		{ "newhost password: ", true, false },
		{ "Favourite colour: ", false, false },
		{ "Spinning wheel? ", false, false },
		{ "", false, false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct sshoal_prompt *prompt =
			prompt_of(table[i].text, false, NULL);
		if (sshoal__prompt_wants_password(prompt, 0) !=
			    table[i].password ||
		    sshoal__prompt_is_one_time(prompt) != table[i].one_time)
			fail_msg("\"%s\"", table[i].text);
		sshoal__prompt_free(prompt);
	}
	/* What is shown is no password. */
	struct sshoal_prompt *shown = prompt_of("Password: ", true, NULL);
	assert_false(sshoal__prompt_wants_password(shown, 0));
	sshoal__prompt_free(shown);
}

static void answers_go_to_the_same_questions(void **state)
{
	(void)state;
	struct sshoal_prompt *one = prompt_of("a", false, "b");
	struct sshoal_prompt *same = prompt_of("a", false, "b");
	struct sshoal_prompt *shown = prompt_of("a", true, "b");
	char *texts[] = { sshoal__prompt_text_of_all(one),
			  sshoal__prompt_text_of_all(same),
			  sshoal__prompt_text_of_all(shown) };
	assert_string_equal(texts[0], texts[1]);
	assert_string_not_equal(texts[0], texts[2]);
	for (size_t i = 0; i < 3; i++)
		free(texts[i]);
	assert_int_equal(sshoal_prompt_answer(one, 0, "mine"), 0);
	assert_int_equal(sshoal_prompt_answer(one, 1, "shared"), 0);
	/* An answer that is there already is its own. */
	assert_int_equal(sshoal_prompt_answer(same, 0, "own"), 0);
	assert_int_equal(sshoal__prompt_copy_answers(same, one), 0);
	assert_string_equal(sshoal__prompt_answer_of(same, 0), "own");
	assert_string_equal(sshoal__prompt_answer_of(same, 1), "shared");
	assert_int_equal(sshoal_prompt_is_answered(same, 1), 1);
	assert_int_equal(sshoal_prompt_is_answered(same, 2), 0);
	assert_int_equal(sshoal_prompt_is_answered(NULL, 0), 0);
	assert_int_equal(sshoal_prompt_is_shared(NULL), 0);
	sshoal_prompt_set_shared(NULL, 1);
	sshoal_prompt_set_shared(one, 1);
	assert_int_equal(sshoal_prompt_is_shared(one), 1);
	sshoal__prompt_free(one);
	sshoal__prompt_free(same);
	sshoal__prompt_free(shown);
}

#define OFFERED "ssh-ed25519-cert-v01@openssh.com"
#define PLAIN "ssh-ed25519"

/* What libssh2 1.10 writes. */
static size_t write_tail(unsigned char *at, size_t give)
{
	size_t name = strlen(OFFERED);
	sshoal__wire_store_u32(at, (uint32_t)(4 + name + 4 + give));
	sshoal__wire_store_u32(at + 4, (uint32_t)name);
	memcpy(at + 8, OFFERED, name);
	sshoal__wire_store_u32(at + 8 + name, (uint32_t)give);
	memset(at + 12 + name, 'x', give);
	return 12 + name + give;
}

static void a_signature_is_put_where_it_belongs(void **state)
{
	(void)state;
	unsigned char packet[256] = { 0 };
	unsigned char other[1], given[64];
	struct buffer signature = BUFFER_INIT(64);
	struct certificate_tail tail;
	size_t give = 0;
	memset(given, 's', sizeof given);
	assert_int_equal(sshoal__buffer_append(&signature, given, 64), 0);
	assert_int_equal(sshoal__certificate_tail_init(&tail, packet, OFFERED,
						       PLAIN, &signature,
						       &give),
			 0);
	tail.signature = given;
	size_t size = write_tail(packet, give);
	/* As long as it should be, and left alone until the time comes. */
	assert_int_equal(size, 4 + 4 + strlen(PLAIN) + 4 + 64);
	tail.shim.taken(&tail.shim, other);
	assert_memory_equal(packet + 8, OFFERED, strlen(OFFERED));
	tail.shim.taken(&tail.shim, given);
	struct wire wire = sshoal__wire(packet, size);
	assert_int_equal(sshoal__wire_u32(&wire), size - 4);
	assert_true(sshoal__wire_is(&wire, PLAIN));
	size_t n = 0;
	const unsigned char *bytes = sshoal__wire_string(&wire, &n);
	assert_int_equal(n, 64);
	assert_memory_equal(bytes, given, 64);
	assert_int_equal(wire.left, 0);
	/* Once, and never where something else stands. */
	memset(packet, 'y', sizeof packet);
	tail.shim.taken(&tail.shim, given);
	tail.signature = given;
	tail.shim.taken(&tail.shim, given);
	for (size_t i = 0; i < sizeof packet; i++)
		assert_int_equal(packet[i], 'y');
	sshoal__certificate_tail_fini(&tail);
	sshoal__buffer_fini(&signature);
}

static void a_signature_that_is_too_short_is_refused(void **state)
{
	(void)state;
	unsigned char packet[1];
	struct buffer signature = BUFFER_INIT(64);
	struct certificate_tail tail;
	size_t give = 0;
	assert_int_equal(sshoal__buffer_append(&signature, "abc", 3), 0);
	assert_int_equal(sshoal__certificate_tail_init(&tail, packet, OFFERED,
						       PLAIN, &signature,
						       &give),
			 SSHOAL_EINVAL);
	assert_int_equal(give, 0);
	sshoal__certificate_tail_fini(&tail);
	sshoal__buffer_fini(&signature);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			methods_are_tried_in_the_order_that_is_preferred),
		cmocka_unit_test(
			a_list_of_algorithms_adds_takes_away_or_replaces),
		cmocka_unit_test(words_tell_what_a_question_wants),
		cmocka_unit_test(answers_go_to_the_same_questions),
		cmocka_unit_test(a_signature_is_put_where_it_belongs),
		cmocka_unit_test(a_signature_that_is_too_short_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
