/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_PROMPT_H
#define SSHOAL_CLI_PROMPT_H

#include <stdbool.h>

#include <sshoal/cancel.h>
#include <sshoal/error.h>

/* Something to ask on the terminal. */
struct prompt {
	const char *question;
	const char *instead; /* what to use without a terminal, such as
				"--password-file" */
	bool echo;           /* what is typed is shown */
	bool may_be_empty;
};

/* Whether there is a terminal to ask on. */
bool sshoal__prompt_is_possible(void);

/*
 * Asks on the terminal.
 * cancel: its level END ends the wait
 * answer receives a string for sshoal_secret_free().
 * 0, SSHOAL_ENOENT (no terminal), SSHOAL_ECANCELLED, SSHOAL_EINVAL (nothing
 * was typed, and something has to be), SSHOAL_ELIMIT, SSHOAL_EIO or
 * SSHOAL_ENOMEM.
 */
int sshoal__prompt_ask(char **answer, sshoal_cancel *cancel,
		       const struct prompt *prompt, sshoal_error *error);

#endif
