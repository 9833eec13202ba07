/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_PROMPT_H
#define SSHOAL_CLI_PROMPT_H

#include <sshoal/cancel.h>
#include <sshoal/error.h>

/*
 * Asks for a password on the terminal, without echo.
 * cancel: its level END ends the wait
 * password receives a string for sshoal_secret_free(), never empty.
 * 0, SSHOAL_ENOENT (no terminal), SSHOAL_ECANCELLED, SSHOAL_EINVAL (nothing
 * was typed), SSHOAL_ELIMIT, SSHOAL_EIO or SSHOAL_ENOMEM.
 */
int sshoal__prompt_password(char **password, sshoal_cancel *cancel,
			    const char *question, sshoal_error *error);

/*
 * Asks a question on the terminal; only "y" and "yes" are agreement. cancel:
 * its level END ends the wait. 0, SSHOAL_EINVAL (anything else was typed),
 * SSHOAL_ENOENT (no terminal), SSHOAL_ECANCELLED, SSHOAL_ELIMIT or SSHOAL_EIO.
 */
int sshoal__prompt_confirm(sshoal_cancel *cancel, const char *question,
			   sshoal_error *error);

#endif
