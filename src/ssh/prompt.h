/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROMPT_H
#define SSHOAL_SSH_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/client.h>

/* One question, as it came. */
struct raw_question {
	const void *text;
	size_t size;
	bool echo;
};

/* Makes what is asked, with a reference; texts are made harmless. NULL without
 * memory. Its answers are for one thread at a time. */
struct sshoal_prompt *sshoal__prompt_new(const void *name, size_t name_size,
					 const void *instruction,
					 size_t instruction_size,
					 const struct raw_question *questions,
					 size_t count);
struct sshoal_prompt *sshoal__prompt_ref(struct sshoal_prompt *prompt);

/* Wipes the answers with the last reference. NULL is ignored. */
void sshoal__prompt_free(struct sshoal_prompt *prompt);

/* The answer to a question, NULL where there is none. */
const char *sshoal__prompt_answer_of(const struct sshoal_prompt *prompt,
				     size_t index);

/* Whether it asks for a password, by its words. */
bool sshoal__prompt_wants_password(const struct sshoal_prompt *prompt,
				   size_t index);

/* Whether one of the answers is good for one login only, by the words of its
 * question. */
bool sshoal__prompt_is_one_time(const struct sshoal_prompt *prompt);

/* What is asked as one text, the same for the same questions, for free(3);
 * NULL without memory. */
char *sshoal__prompt_text_of_all(const struct sshoal_prompt *prompt);

/* Gives what has no answer that of another with the same questions. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__prompt_copy_answers(struct sshoal_prompt *prompt,
				const struct sshoal_prompt *from);

#endif
