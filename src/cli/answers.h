/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_ANSWERS_H
#define SSHOAL_CLI_ANSWERS_H

#include <sshoal/fleet.h>

#include "report/console.h"

/* Has a person answer what a host's server asks, on the terminal. 0, or what
 * gives the login up. */
int sshoal__answers_give(sshoal_prompt *prompt, const sshoal_target *target,
			 struct console *console, sshoal_cancel *cancel);

#endif
