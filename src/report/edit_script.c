/* SPDX-License-Identifier: MIT */
#include "report/edit_script.h"

#include <stdlib.h>
#include <string.h>

/*
 * The greedy algorithm of Eugene Myers, "An O(ND) Difference Algorithm and Its
 * Variations" (1986): with d lines that differ, how far each diagonal can be
 * followed; what was known before each d is kept to find the way back.
 */

/* What both texts begin and end with is not looked at again. */
struct search {
	const struct line_list *first;
	const struct line_list *second;
	size_t start;    /* of both */
	int64_t n;       /* lines of the first in between */
	int64_t m;       /* and of the second */
	int64_t *reach;  /* by diagonal, from -EDIT_SCRIPT_MOST - 1 on */
	int32_t **trace; /* of each d: the reach of diagonals -d to d */
	uint64_t budget;
};

#define DIAGONALS ((size_t)2 * EDIT_SCRIPT_MOST + 3)

static int64_t *reach_of(const struct search *search, int64_t diagonal)
{
	return &search->reach[diagonal + EDIT_SCRIPT_MOST + 1];
}

static bool is_same(const struct search *search, int64_t x, int64_t y)
{
	return sshoal__line_list_same(search->first, search->start + (size_t)x,
				      search->second,
				      search->start + (size_t)y);
}

/* Whether the best way to a diagonal comes from the one above: a line of the
 * second text comes. */
static bool comes_down(int64_t left, int64_t right, int64_t k, int64_t d)
{
	return k == -d || (k != d && left < right);
}

static int64_t spend(struct search *search, int64_t x, int64_t y)
{
	int64_t end = x;
	while (end < search->n && end - x + y < search->m &&
	       is_same(search, end, end - x + y))
		end++;
	uint64_t cost = (uint64_t)(end - x) + 1;
	search->budget = search->budget > cost ? search->budget - cost : 0;
	return end;
}

/* Goes one step further on all diagonals. True once the end is reached. */
static bool advance(struct search *search, int64_t d)
{
	for (int64_t k = -d; k <= d; k += 2) {
		int64_t left = *reach_of(search, k - 1);
		int64_t right = *reach_of(search, k + 1);
		int64_t x = comes_down(left, right, k, d) ? right : left + 1;
		int64_t y = x - k;
		/* Outside of the texts there is nothing to follow. */
		if (x <= search->n && y <= search->m)
			x = spend(search, x, y);
		*reach_of(search, k) = x;
		if (x >= search->n && x - k >= search->m)
			return true;
	}
	return false;
}

/* Keeps what is known before d. */
static int keep(const struct search *search, int64_t d)
{
	size_t count = 2 * (size_t)d + 1;
	int32_t *kept = malloc(count * sizeof *kept);
	if (!kept)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		kept[i] = (int32_t)*reach_of(search, (int64_t)i - d);
	search->trace[d] = kept;
	return 0;
}

/* Follows the way back from the end and marks its lines. */
static void mark(const struct search *search, int64_t d,
		 const struct edit_script *script)
{
	int64_t x = search->n;
	int64_t y = search->m;
	for (; d > 0; d--) {
		const int32_t *kept = search->trace[d];
		int64_t k = x - y;
		int64_t left = k == -d ? -1 : kept[k - 1 + d];
		int64_t right = k == d ? -1 : kept[k + 1 + d];
		if (comes_down(left, right, k, d)) {
			x = right;
			y = x - (k + 1);
			script->come[search->start + (size_t)y] = true;
		} else {
			x = left;
			y = x - (k - 1);
			script->gone[search->start + (size_t)x] = true;
		}
	}
}

static int run(struct search *search, bool *found,
	       const struct edit_script *script)
{
	*reach_of(search, 1) = 0;
	for (int64_t d = 0; d <= EDIT_SCRIPT_MOST && search->budget > 0; d++) {
		int rc = keep(search, d);
		if (rc)
			return rc;
		if (advance(search, d)) {
			mark(search, d, script);
			*found = true;
			break;
		}
	}
	return 0;
}

static void trim(struct search *search)
{
	size_t n = search->first->count;
	size_t m = search->second->count;
	size_t start = 0;
	while (start < n && start < m &&
	       sshoal__line_list_same(search->first, start, search->second,
				      start))
		start++;
	while (n > start && m > start &&
	       sshoal__line_list_same(search->first, n - 1, search->second,
				      m - 1)) {
		n--;
		m--;
	}
	search->start = start;
	search->n = (int64_t)(n - start);
	search->m = (int64_t)(m - start);
}

int sshoal__edit_script_find(struct edit_script *script, bool *found,
			     const struct line_list *first,
			     const struct line_list *second, uint64_t *budget)
{
	struct search search = {
		.first = first,
		.second = second,
		.reach = calloc(DIAGONALS, sizeof *search.reach),
		.trace = calloc(EDIT_SCRIPT_MOST + 1, sizeof(int32_t *)),
		.budget = *budget,
	};
	struct edit_script made = {
		.gone = calloc(first->count + 1, sizeof *made.gone),
		.come = calloc(second->count + 1, sizeof *made.come),
	};
	int rc = search.reach && search.trace && made.gone && made.come ?
			 0 :
			 SSHOAL_ENOMEM;
	*found = false;
	if (rc == 0) {
		trim(&search);
		rc = run(&search, found, &made);
		*budget = search.budget;
	}
	for (size_t d = 0; search.trace && d <= EDIT_SCRIPT_MOST; d++)
		free(search.trace[d]);
	free(search.trace);
	free(search.reach);
	if (rc == 0 && *found)
		*script = made;
	else
		sshoal__edit_script_fini(&made);
	return rc;
}

void sshoal__edit_script_fini(struct edit_script *script)
{
	free(script->gone);
	free(script->come);
	*script = (struct edit_script){ .gone = NULL };
}
