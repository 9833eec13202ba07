/* SPDX-License-Identifier: MIT */
#include "cli/answers.h"

#include <stdio.h>

#include <sshoal/secret.h>

#include "cli/prompt.h"

/* Whose question it is stands before it, and whether others get the answer: a
 * server must not pass for the program, or for another server. */

#define QUESTION_MAX 512

static void introduce(const sshoal_prompt *prompt, const sshoal_target *target,
		      struct console *console)
{
	const char *name = sshoal_prompt_name(prompt);
	const char *instruction = sshoal_prompt_instruction(prompt);
	const char *label = sshoal_target_label(target);
	if (sshoal_prompt_is_shared(prompt) && sshoal_prompt_count(prompt) > 0)
		sshoal__console_say(console,
				    "%s asks; the answer is given to all hosts "
				    "that ask the same",
				    label);
	else
		sshoal__console_say(console, "%s asks", label);
	if (*name)
		sshoal__console_say(console, "%s: %s", label, name);
	if (*instruction)
		sshoal__console_say(console, "%s: %s", label, instruction);
	(void)sshoal__console_flush(console);
}

static int answer(sshoal_prompt *prompt, size_t index, const char *label,
		  sshoal_cancel *cancel, sshoal_error *error)
{
	char question[QUESTION_MAX];
	(void)snprintf(question, sizeof question, "sshoal: %.200s: %.200s",
		       label, sshoal_prompt_text(prompt, index));
	const struct prompt asked = {
		.what = "question",
		.question = question,
		.instead = "--password-file",
		.echo = sshoal_prompt_echo(prompt, index) != 0,
		.may_be_empty = true,
	};
	char *text = NULL;
	int rc = sshoal__prompt_ask(&text, cancel, &asked, error);
	if (rc == 0)
		rc = sshoal_prompt_answer(prompt, index, text);
	sshoal_secret_free(text);
	return rc;
}

int sshoal__answers_give(sshoal_prompt *prompt, const sshoal_target *target,
			 struct console *console, sshoal_cancel *cancel)
{
	sshoal_error error = { .code = 0 };
	int rc = 0;
	sshoal__console_status(console, NULL);
	introduce(prompt, target, console);
	size_t count = sshoal_prompt_count(prompt);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (!sshoal_prompt_is_answered(prompt, i))
			rc = answer(prompt, i, sshoal_target_label(target),
				    cancel, &error);
	if (rc && rc != SSHOAL_ECANCELLED && error.text[0])
		sshoal__console_say(console, "%s", error.text);
	return rc;
}
