/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_VALUE_H
#define SSHOAL_REPORT_JSON_VALUE_H

#include <jansson.h>

#include "report/outcome.h"

/* Values are new references, NULL when memory is refused. */

/* A string as it is, or with what is not UTF-8 made visible; NULL is null. */
json_t *sshoal__json_text(const char *text);

/* Milliseconds with three decimals; below 0 is null. */
json_t *sshoal__json_ms(double ms);

/* Adds the members of a result event. 0 or SSHOAL_ENOMEM. */
int sshoal__json_add_outcome(json_t *event, const struct outcome *outcome);

#endif
