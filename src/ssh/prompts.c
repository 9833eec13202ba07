/* SPDX-License-Identifier: MIT */
#include "ssh/prompts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/prompt.h"

/* libssh2's callback has to have all answers ready: whoever is asked is asked
 * inside it, and no limit counts meanwhile. */

#define ROUNDS_MAX 8
#define QUESTIONS_MAX 100
#define ANSWERS_MAX ((size_t)1024 * 1024)

/* An answer in memory that libssh2 frees as its own. */
static void give(struct session *session,
		 LIBSSH2_USERAUTH_KBDINT_RESPONSE *response, const char *text)
{
	size_t n = strlen(text);
	char *copy = sshoal__arena_alloc(&session->arena, n + 1);
	if (!copy)
		return;
	memcpy(copy, text, n);
	response->text = copy;
	response->length = (unsigned)n;
}

/* Whether these are the answers that were refused before; they are remembered
 * by their fingerprint. */
static bool is_repeated(struct prompting *prompting,
			const struct sshoal_prompt *prompt)
{
	struct buffer all = BUFFER_INIT(ANSWERS_MAX);
	char fingerprint[TRUST_FINGERPRINT_SIZE] = "";
	int rc = 0;
	all.wipe = true;
	for (size_t i = 0; i < sshoal_prompt_count(prompt) && rc == 0; i++) {
		const char *answer = sshoal__prompt_answer_of(prompt, i);
		rc = sshoal__buffer_put_cstring(&all, answer ? answer : "");
	}
	if (rc == 0 && sshoal__buffer_size(&all) > 0)
		(void)sshoal__trust_fingerprint(fingerprint,
						sshoal__buffer_data(&all),
						sshoal__buffer_size(&all));
	sshoal__buffer_fini(&all);
	bool same =
		*fingerprint && strcmp(fingerprint, prompting->refused) == 0;
	memcpy(prompting->refused, fingerprint, sizeof fingerprint);
	return same;
}

/* Has somebody answer. Whether he did; what he left out stays empty. */
static bool ask(struct session *session, struct prompting *prompting,
		struct sshoal_prompt *prompt)
{
	int64_t from_ms = sshoal__clock_now_ms();
	/* Nobody looks at the clock while a person thinks. */
	sshoal__session_limit(session, DEADLINE_NONE);
	prompting->asked = true;
	prompting->gave_up = prompting->ask(prompt, prompting->data);
	prompting->asked_ms += sshoal__clock_now_ms() - from_ms;
	/* One round of them is compared: the first decides. */
	if (!prompting->gave_up && sshoal_prompt_count(prompt) > 0 &&
	    prompting->rounds == 1)
		prompting->repeated = is_repeated(prompting, prompt);
	return !prompting->gave_up && !prompting->repeated;
}

/* Answers with the password what asks for it; how many questions are left. */
static size_t use_password(struct prompting *prompting,
			   struct sshoal_prompt *prompt)
{
	size_t count = sshoal_prompt_count(prompt);
	size_t left = 0;
	bool is_single = count == 1 && !sshoal_prompt_echo(prompt, 0) &&
			 !prompting->is_further &&
			 !sshoal__prompt_is_one_time(prompt);
	for (size_t i = 0; i < count; i++) {
		bool wanted =
			is_single || sshoal__prompt_wants_password(prompt, i);
		if (prompting->password && wanted &&
		    sshoal_prompt_answer(prompt, i, prompting->password) == 0) {
			prompting->password = NULL;
			prompting->gave_password = true;
		} else {
			if (left++ == 0)
				(void)snprintf(prompting->question,
					       sizeof prompting->question,
					       "%.95s",
					       sshoal_prompt_text(prompt, i));
		}
	}
	return left;
}

static void respond(struct session *session, struct prompting *prompting,
		    struct sshoal_prompt *prompt,
		    LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses)
{
	size_t count = sshoal_prompt_count(prompt);
	size_t left = use_password(prompting, prompt);
	bool answered = true;
	/* What only says something is shown as well. */
	bool says = *sshoal_prompt_name(prompt) ||
		    *sshoal_prompt_instruction(prompt);
	if ((left > 0 || (count == 0 && says)) && prompting->ask)
		answered = ask(session, prompting, prompt);
	else
		prompting->unexpected |= left > 0;
	if (!answered) {
		session->failed = SSHOAL_EAUTH;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = sshoal__prompt_answer_of(prompt, i);
		if (text)
			give(session, &responses[i], text);
	}
}

static struct sshoal_prompt *make(const char *name, int name_len,
				  const char *instruction, int instruction_len,
				  const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts,
				  size_t count)
{
	struct raw_question questions[QUESTIONS_MAX];
	if (count > QUESTIONS_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++)
		questions[i] = (struct raw_question){
			.text = prompts[i].text,
			.size = prompts[i].length,
			.echo = prompts[i].echo != 0,
		};
	return sshoal__prompt_new(
		name, name_len > 0 ? (size_t)name_len : 0, instruction,
		instruction_len > 0 ? (size_t)instruction_len : 0, questions,
		count);
}

static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(on_prompt)
{
	struct session *session = *abstract;
	struct prompting *prompting = session->prompting;
	if (++prompting->rounds > ROUNDS_MAX) {
		prompting->endless = true;
		session->failed = SSHOAL_EAUTH;
		return;
	}
	struct sshoal_prompt *prompt =
		make(name, name_len, instruction, instruction_len, prompts,
		     num_prompts > 0 ? (size_t)num_prompts : 0);
	if (prompt)
		respond(session, prompting, prompt, responses);
	else
		session->arena.refused = true;
	sshoal__prompt_free(prompt);
}

int sshoal__prompts_try(struct session *session, const char *user,
			struct prompting *prompting, int64_t *deadline_ms,
			int *libssh2_code, sshoal_error *error)
{
	int waited = 0;
	session->prompting = prompting;
	do {
		int64_t asked_ms = prompting->asked_ms;
		*libssh2_code = libssh2_userauth_keyboard_interactive_ex(
			session->ssh, user, (unsigned)strlen(user), on_prompt);
		if (*deadline_ms < DEADLINE_NONE - prompting->asked_ms)
			*deadline_ms += prompting->asked_ms - asked_ms;
		if (*libssh2_code == LIBSSH2_ERROR_EAGAIN)
			waited = sshoal__session_wait(session, *deadline_ms,
						      error);
	} while (*libssh2_code == LIBSSH2_ERROR_EAGAIN && waited == 0);
	session->prompting = NULL;
	session->asked_ms += prompting->asked_ms;
	if (prompting->endless)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the server went on asking");
	if (prompting->gave_up == SSHOAL_ECANCELLED ||
	    prompting->gave_up == SSHOAL_ETIMEOUT)
		return sshoal__error_code(error, prompting->gave_up);
	if (prompting->gave_up)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the questions were not answered");
	if (prompting->repeated)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the answers are those that were "
					 "refused before");
	return waited;
}
