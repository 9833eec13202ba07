/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_VALUE_H
#define SSHOAL_REPORT_JSON_VALUE_H

#include <jansson.h>
#include <stdbool.h>

#include <sshoal/transfer.h>

#include "report/outcome.h"

/* Values are new references, NULL when memory is refused. */

/* A string as it is, or with what is not UTF-8 made visible; NULL is null. */
json_t *sshoal__json_text(const char *text);

/* A string as it is, or, of what is not UTF-8, an object with its base64, from
 * which it can be made again. */
json_t *sshoal__json_bytes(const char *text);

/* Milliseconds with three decimals; below 0 is null. */
json_t *sshoal__json_ms(double ms);

/* Adds the members of a result event. moves_files: the job does, so that what
 * is said of them is known. 0 or SSHOAL_ENOMEM. */
int sshoal__json_add_outcome(json_t *event, const struct outcome *outcome,
			     bool moves_files);

/* Adds what else one of a trust, or of a copy-id, has. Likewise. */
int sshoal__json_add_keys(json_t *event, const struct outcome *outcome);
int sshoal__json_add_copy_id(json_t *event, const struct outcome *outcome);

/* Adds the members of a file event, likewise. */
int sshoal__json_add_file(json_t *event, const sshoal_transfer_file *file);

#endif
