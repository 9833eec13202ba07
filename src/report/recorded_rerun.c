/* SPDX-License-Identifier: MIT */
#include "report/recorded_rerun.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/result.h>

/* Hosts of a rerun are found by what names them in both starts: an index counts
 * in its own run, and labels differ with what else is in the list. */

struct name {
	const char *text;
	size_t index;
};

/* What is no UTF-8 stands there as an object with its base64. */
static const char *text_of(const json_t *item)
{
	const char *text = json_string_value(item);
	if (!text)
		text = json_string_value(json_object_get(item, "base64"));
	return text ? text : "";
}

static int by_text(const void *a, const void *b)
{
	const struct name *left = a;
	const struct name *right = b;
	return strcmp(left->text, right->text);
}

bool sshoal__rerun_is_of(const char *run, const json_t *run_start,
			 const json_t *start)
{
	const char *origin =
		json_string_value(json_object_get(start, "origin"));
	return run && origin && strcmp(run, origin) == 0 &&
	       json_is_array(json_object_get(run_start, "hosts")) &&
	       json_is_array(json_object_get(start, "hosts"));
}

size_t *sshoal__rerun_places(size_t *count, const json_t *run_start,
			     const json_t *start)
{
	const json_t *hosts = json_object_get(start, "hosts");
	const json_t *all = json_object_get(run_start, "hosts");
	size_t all_count = json_array_size(all);
	*count = json_array_size(hosts);
	size_t *places = calloc(*count + 1, sizeof *places);
	struct name *names = calloc(all_count + 1, sizeof *names);
	if (!places || !names) {
		free(places);
		free(names);
		return NULL;
	}
	for (size_t i = 0; i < all_count; i++)
		names[i] = (struct name){ text_of(json_array_get(all, i)), i };
	qsort(names, all_count, sizeof *names, by_text);
	for (size_t i = 0; i < *count; i++) {
		const struct name key = { text_of(json_array_get(hosts, i)),
					  0 };
		const struct name *found =
			bsearch(&key, names, all_count, sizeof *names, by_text);
		places[i] = found ? found->index : SIZE_MAX;
	}
	free(names);
	return places;
}

bool sshoal__rerun_left_out(const size_t *places, const json_t *result)
{
	const char *status =
		json_string_value(json_object_get(result, "status"));
	return places && status &&
	       strcmp(status, sshoal_status_name(SSHOAL_STATUS_NOT_STARTED)) ==
		       0;
}
