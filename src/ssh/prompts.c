/* SPDX-License-Identifier: MIT */
#include "ssh/prompts.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <sshoal/secret.h>
#include <sshoal/text.h>

#include "base/clock.h"
#include "base/error.h"

/* What a server asks is shown to people, so it is made harmless first; answers
 * are secrets and wiped as soon as libssh2 has its copies. */

#define ROUNDS_MAX 8
#define ANSWER_MAX 4096

struct question {
	char *text;
	char *answer; /* NULL: none yet */
	bool echo;
};

struct sshoal_prompt {
	char *name;
	char *instruction;
	struct question *questions;
	size_t count;
};

const char *sshoal_prompt_name(const sshoal_prompt *prompt)
{
	return prompt ? prompt->name : "";
}

const char *sshoal_prompt_instruction(const sshoal_prompt *prompt)
{
	return prompt ? prompt->instruction : "";
}

size_t sshoal_prompt_count(const sshoal_prompt *prompt)
{
	return prompt ? prompt->count : 0;
}

const char *sshoal_prompt_text(const sshoal_prompt *prompt, size_t index)
{
	return prompt && index < prompt->count ? prompt->questions[index].text :
						 NULL;
}

int sshoal_prompt_echo(const sshoal_prompt *prompt, size_t index)
{
	return prompt && index < prompt->count && prompt->questions[index].echo;
}

int sshoal_prompt_answer(sshoal_prompt *prompt, size_t index, const char *text)
{
	if (!prompt || index >= prompt->count || !text ||
	    strlen(text) > ANSWER_MAX)
		return SSHOAL_EINVAL;
	char *copy = strdup(text);
	if (!copy)
		return SSHOAL_ENOMEM;
	sshoal_secret_free(prompt->questions[index].answer);
	prompt->questions[index].answer = copy;
	return 0;
}

static char *harmless(const void *text, size_t n)
{
	size_t size = sshoal_text_escape(NULL, 0, text, n) + 1;
	char *made = malloc(size);
	if (made)
		(void)sshoal_text_escape(made, size, text, n);
	return made;
}

static void prompt_fini(struct sshoal_prompt *prompt)
{
	for (size_t i = 0; i < prompt->count; i++) {
		free(prompt->questions[i].text);
		sshoal_secret_free(prompt->questions[i].answer);
	}
	free(prompt->questions);
	free(prompt->name);
	free(prompt->instruction);
}

static bool fill_questions(struct sshoal_prompt *prompt,
			   const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts,
			   size_t count)
{
	prompt->questions = calloc(count + 1, sizeof *prompt->questions);
	if (!prompt->questions)
		return false;
	prompt->count = count;
	for (size_t i = 0; i < count; i++) {
		prompt->questions[i].echo = prompts[i].echo != 0;
		prompt->questions[i].text =
			harmless(prompts[i].text, prompts[i].length);
		if (!prompt->questions[i].text)
			return false;
	}
	return true;
}

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

/* Has somebody answer; what is not answered stays empty. */
static void ask(struct session *session, struct prompting *prompting,
		struct sshoal_prompt *prompt,
		LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses)
{
	int64_t from_ms = sshoal__clock_now_ms();
	/* Nobody looks at the clock while a person thinks. */
	sshoal__session_limit(session, DEADLINE_NONE);
	prompting->refused = prompting->ask(prompt, prompting->data) != 0;
	prompting->asked_ms += sshoal__clock_now_ms() - from_ms;
	if (prompting->refused) {
		session->failed = SSHOAL_EAUTH;
		return;
	}
	for (size_t i = 0; i < prompt->count; i++)
		if (prompt->questions[i].answer)
			give(session, &responses[i],
			     prompt->questions[i].answer);
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
	if (num_prompts == 1 && !prompts[0].echo && prompting->password) {
		give(session, &responses[0], prompting->password);
		prompting->password = NULL;
		return;
	}
	if (!prompting->ask) {
		prompting->unexpected = num_prompts > 0;
		return;
	}
	struct sshoal_prompt prompt = {
		.name = harmless(name, name_len > 0 ? (size_t)name_len : 0),
		.instruction = harmless(
			instruction,
			instruction_len > 0 ? (size_t)instruction_len : 0),
	};
	if (prompt.name && prompt.instruction &&
	    fill_questions(&prompt, prompts, (size_t)num_prompts))
		ask(session, prompting, &prompt, responses);
	else
		session->arena.refused = true;
	prompt_fini(&prompt);
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
	if (prompting->endless)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the server went on asking");
	if (prompting->refused)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the questions were not answered");
	return waited;
}
