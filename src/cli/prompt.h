/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_PROMPT_H
#define SSHOAL_CLI_PROMPT_H

#include <stdbool.h>

#include <sshoal/cancel.h>
#include <sshoal/error.h>

/* Something to ask on the terminal. */
struct prompt {
	const char *what; /* is asked for, for an error: "password prompt" */
	const char *question;
	const char *instead; /* what to use without a terminal, such as
				"--password-file" */
	bool echo;           /* what is typed is shown */
	bool may_be_empty;
};

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

/*
 * Asks twice for a passphrase to be set. *passphrase is NULL where nothing was
 * typed. As above, and SSHOAL_EINVAL where the two differ.
 */
int sshoal__prompt_new_passphrase(char **passphrase, sshoal_cancel *cancel,
				  sshoal_error *error);

/* Whether there is a terminal to ask on. */
bool sshoal__prompt_is_possible(void);

/* Asks a question that is answered with yes or no; anything but "yes" or "y"
 * is no. 0, SSHOAL_ENOENT, SSHOAL_ECANCELLED or SSHOAL_EIO. */
int sshoal__prompt_yes(bool *is_yes, sshoal_cancel *cancel,
		       const char *question, sshoal_error *error);

#endif
