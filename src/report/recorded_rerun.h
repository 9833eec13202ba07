/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_RECORDED_RERUN_H
#define SSHOAL_REPORT_RECORDED_RERUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a start is that of a rerun of a run, whose own start may be NULL, and
 * both name their hosts, as journals do. */
bool sshoal__rerun_is_of(const char *run, const json_t *run_start,
			 const json_t *start);

/* Where a rerun's hosts are among those of the run, SIZE_MAX for none; for
 * free(3). NULL when memory is refused. */
size_t *sshoal__rerun_places(size_t *count, const json_t *run_start,
			     const json_t *start);

/* Whether a result is that of a host to which the rerun did not come: what is
 * known of it stays. places is NULL where there is no rerun. */
bool sshoal__rerun_left_out(const size_t *places, const json_t *result);

#endif
