/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_OPTION_ROWS_H
#define SSHOAL_CLI_OPTION_ROWS_H

#include <stddef.h>

#include "cli/option_table.h"

/* What the rows of the table of options are written with. */

#define RUN (1u << CLI_COMMAND_RUN)
#define SCRIPT (1u << CLI_COMMAND_SCRIPT)
#define PUT (1u << CLI_COMMAND_PUT)
#define GET (1u << CLI_COMMAND_GET)
#define PING (1u << CLI_COMMAND_PING)
#define HOSTS (1u << CLI_COMMAND_HOSTS)
#define TRUST (1u << CLI_COMMAND_TRUST)
#define COPY_ID (1u << CLI_COMMAND_COPY_ID)
#define KEYGEN (1u << CLI_COMMAND_KEYGEN)
#define RERUN (1u << CLI_COMMAND_RERUN)
#define REPORT (1u << CLI_COMMAND_REPORT)
#define RUNNING (RUN | SCRIPT | PUT)
#define MOVING (PUT | GET)
#define WORKING (RUNNING | GET)
#define DRIVEN (WORKING | PING | COPY_ID)
#define REACHING (DRIVEN | TRUST)
#define JOURNALLED (WORKING | COPY_ID)
#define SELECTING (REACHING | HOSTS)
#define ANY \
	(SELECTING | KEYGEN | RERUN | REPORT | 1u << CLI_COMMAND_COMPLETION | \
	 1u << CLI_COMMAND_HELP)
#define AT(member) offsetof(struct options, member)

/* There are at most so many in the second part. */
#define JOB_OPTIONS_MAX 64

/* That part: what single commands do. NULL past the last. */
const struct option_spec *sshoal__job_option_at(size_t index);

#endif
