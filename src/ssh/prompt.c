/* SPDX-License-Identifier: MIT */
#include "ssh/prompt.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sshoal/secret.h>
#include <sshoal/text.h>

#include "base/error.h"

/* What a server asks is shown to people, so it is made harmless first; answers
 * are secrets and wiped before they go. */

#define ANSWER_MAX 4096

struct question {
	char *text;
	char *answer; /* NULL: none yet */
	bool echo;
};

struct sshoal_prompt {
	atomic_uint refs;
	char *name;
	char *instruction;
	struct question *questions;
	size_t count;
	bool is_shared;
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

int sshoal_prompt_is_answered(const sshoal_prompt *prompt, size_t index)
{
	return prompt && index < prompt->count &&
	       prompt->questions[index].answer;
}

int sshoal_prompt_is_shared(const sshoal_prompt *prompt)
{
	return prompt && prompt->is_shared;
}

void sshoal_prompt_set_shared(sshoal_prompt *prompt, int is_shared)
{
	if (prompt)
		prompt->is_shared = is_shared != 0;
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

struct sshoal_prompt *sshoal__prompt_new(const void *name, size_t name_size,
					 const void *instruction,
					 size_t instruction_size,
					 const struct raw_question *questions,
					 size_t count)
{
	struct sshoal_prompt *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	atomic_init(&made->refs, 1);
	made->name = harmless(name, name_size);
	made->instruction = harmless(instruction, instruction_size);
	made->questions = calloc(count + 1, sizeof *made->questions);
	bool failed = !made->name || !made->instruction || !made->questions;
	for (size_t i = 0; i < count && !failed; i++) {
		struct question *question = &made->questions[made->count++];
		question->echo = questions[i].echo;
		question->text = harmless(questions[i].text, questions[i].size);
		failed = !question->text;
	}
	if (failed) {
		sshoal__prompt_free(made);
		return NULL;
	}
	return made;
}

struct sshoal_prompt *sshoal__prompt_ref(struct sshoal_prompt *prompt)
{
	(void)atomic_fetch_add(&prompt->refs, 1);
	return prompt;
}

void sshoal__prompt_free(struct sshoal_prompt *prompt)
{
	if (!prompt || atomic_fetch_sub(&prompt->refs, 1) != 1)
		return;
	for (size_t i = 0; i < prompt->count; i++) {
		free(prompt->questions[i].text);
		sshoal_secret_free(prompt->questions[i].answer);
	}
	free(prompt->questions);
	free(prompt->name);
	free(prompt->instruction);
	free(prompt);
}

const char *sshoal__prompt_answer_of(const struct sshoal_prompt *prompt,
				     size_t index)
{
	return prompt->questions[index].answer;
}

/* --- what questions mean --- */

static bool has_word(const char *text, const char *const *words, size_t count)
{
	while (*text) {
		size_t n = 0;
		while (isalnum((unsigned char)text[n]))
			n++;
		for (size_t i = 0; i < count; i++)
			if (strlen(words[i]) == n &&
			    strncasecmp(text, words[i], n) == 0)
				return true;
		text += n ? n : 1;
	}
	return false;
}

static bool has_text(const char *text, const char *part)
{
	size_t n = strlen(part);
	for (; *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return false;
}

static bool is_one_time(const char *text)
{
	static const char *const words[] = {
		"otp",       "totp", "hotp",    "token",
		"passcode",  "code", "pin",     "2fa",
		"challenge", "duo",  "yubikey", "authenticator",
	};
	return has_word(text, words, sizeof words / sizeof *words) ||
	       has_text(text, "one-time") || has_text(text, "one time") ||
	       has_text(text, "onetime");
}

bool sshoal__prompt_is_one_time(const struct sshoal_prompt *prompt)
{
	for (size_t i = 0; i < prompt->count; i++)
		if (is_one_time(prompt->questions[i].text))
			return true;
	return false;
}

bool sshoal__prompt_wants_password(const struct sshoal_prompt *prompt,
				   size_t index)
{
	static const char *const others[] = { "new", "retype", "repeat" };
	const struct question *question = &prompt->questions[index];
	return !question->echo && has_text(question->text, "password") &&
	       !is_one_time(question->text) &&
	       !has_word(question->text, others,
			 sizeof others / sizeof *others);
}

char *sshoal__prompt_text_of_all(const struct sshoal_prompt *prompt)
{
	/* Texts have no line ends but those of the instruction. */
	size_t size = strlen(prompt->name) + strlen(prompt->instruction) + 3;
	for (size_t i = 0; i < prompt->count; i++)
		size += strlen(prompt->questions[i].text) + 2;
	char *text = malloc(size);
	if (!text)
		return NULL;
	int used = snprintf(text, size, "%s\n%s", prompt->name,
			    prompt->instruction);
	for (size_t i = 0; i < prompt->count; i++)
		used += snprintf(text + used, size - (size_t)used, "\n%c%s",
				 prompt->questions[i].echo ? '+' : '-',
				 prompt->questions[i].text);
	return text;
}

int sshoal__prompt_copy_answers(struct sshoal_prompt *prompt,
				const struct sshoal_prompt *from)
{
	int rc = 0;
	for (size_t i = 0; i < prompt->count && i < from->count && rc == 0; i++)
		if (from->questions[i].answer && !prompt->questions[i].answer)
			rc = sshoal_prompt_answer(prompt, i,
						  from->questions[i].answer);
	return rc;
}
