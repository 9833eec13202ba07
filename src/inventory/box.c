/* SPDX-License-Identifier: MIT */
#include "inventory/box.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/*
 * ClusterShell's folding in several dimensions, in its order, so that the
 * result is the same: boxes are sorted, the largest first, and two that differ
 * on one side only become one, first neighbours and, once none of them do, any
 * two. At any time the boxes are all names, each in one of them, so that the
 * work may end early where there is too much of it: ClusterShell, which has no
 * such end, takes hours for what is cut off here.
 */

#define WORK_MAX 8000000u

/* What sorting a box counts, in comparisons. */
#define WORK_SORT 32

static int compare_numerals(const void *a, const void *b)
{
	return sshoal__numeral_compare(a, b);
}

/* A rank and its numeral, to be sorted as text. */
struct text_entry {
	struct numeral numeral;
	uint32_t rank;
};

static int compare_texts(const void *a, const void *b)
{
	const struct text_entry *left = a;
	const struct text_entry *right = b;
	return sshoal__numeral_compare_text(&left->numeral, &right->numeral);
}

static int place_texts(struct box_axis *axis)
{
	struct text_entry *entries = calloc(axis->count, sizeof *entries);
	axis->text_places = calloc(axis->count, sizeof *axis->text_places);
	if (!entries || !axis->text_places) {
		free(entries);
		return SSHOAL_ENOMEM;
	}
	for (size_t i = 0; i < axis->count; i++)
		entries[i] =
			(struct text_entry){ axis->numerals[i], (uint32_t)i };
	qsort(entries, axis->count, sizeof *entries, compare_texts);
	for (size_t i = 0; i < axis->count; i++)
		axis->text_places[entries[i].rank] = (uint32_t)i;
	free(entries);
	return 0;
}

static int make_axis(struct box_axis *axis, const struct numeral *first,
		     size_t row_count, size_t axis_count)
{
	axis->numerals = calloc(row_count, sizeof *axis->numerals);
	if (!axis->numerals)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < row_count; i++)
		axis->numerals[i] = first[i * axis_count];
	qsort(axis->numerals, row_count, sizeof *axis->numerals,
	      compare_numerals);
	axis->count = 1;
	for (size_t i = 1; i < row_count; i++)
		if (compare_numerals(&axis->numerals[i],
				     &axis->numerals[axis->count - 1]) != 0)
			axis->numerals[axis->count++] = axis->numerals[i];
	return place_texts(axis);
}

/* A number that says little of its rank (splitmix64): sums of them tell sets
 * apart. */
static uint64_t digest_of(uint32_t rank)
{
	uint64_t x = ((uint64_t)rank + 1) * 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void set_side(struct box_side *side, const struct box_axis *axis,
		     const struct numeral *numeral)
{
	const struct numeral *found =
		bsearch(numeral, axis->numerals, axis->count, sizeof *numeral,
			compare_numerals);
	uint32_t rank = (uint32_t)(found - axis->numerals);
	*side = (struct box_side){
		.count = 1,
		.digest = digest_of(rank),
		.least = rank,
		.most = rank,
		.least_text = axis->text_places[rank],
		.most_text = axis->text_places[rank],
		.is_sorted = true,
	};
}

static int compare_single(const void *a, const void *b)
{
	const struct box *const *left = a;
	const struct box *const *right = b;
	for (size_t i = 0; i < (*left)->side_count; i++) {
		uint32_t x = (*left)->sides[i].least;
		uint32_t y = (*right)->sides[i].least;
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* One box for each row, in a list without doubles. */
static void fill(struct box_list *list, const struct numeral *rows,
		 size_t row_count)
{
	size_t axis_count = list->axis_count;
	for (size_t i = 0; i < row_count; i++) {
		struct box *box = &list->boxes[i];
		box->volume = 1;
		box->side_count = axis_count;
		box->sides = &list->sides[i * axis_count];
		for (size_t k = 0; k < axis_count; k++)
			set_side(&box->sides[k], &list->axes[k],
				 &rows[i * axis_count + k]);
		list->order[i] = box;
	}
	qsort(list->order, row_count, sizeof(struct box *), compare_single);
	struct box *last = list->order[0];
	list->first = last;
	list->count = 1;
	for (size_t i = 1; i < row_count; i++) {
		if (compare_single(&last, &list->order[i]) == 0)
			continue;
		last->next = list->order[i];
		last = last->next;
		list->count++;
	}
}

/* The order of ClusterShell: large ones first, then what has a long side
 * first, then by the texts of the first and the last numeral of each side. */
static int compare_boxes(const void *a, const void *b)
{
	const struct box *left = *(const struct box *const *)a;
	const struct box *right = *(const struct box *const *)b;
	if (left->volume != right->volume)
		return left->volume > right->volume ? -1 : 1;
	for (size_t i = 0; i < left->side_count; i++) {
		const struct box_side *x = &left->sides[i];
		const struct box_side *y = &right->sides[i];
		if (x->count != y->count)
			return x->count > y->count ? -1 : 1;
		if (x->least_text != y->least_text)
			return x->least_text < y->least_text ? -1 : 1;
		if (x->most_text != y->most_text)
			return x->most_text < y->most_text ? -1 : 1;
	}
	return left->position < right->position ? -1 : 1;
}

static void sort(struct box_list *list)
{
	size_t n = 0;
	for (struct box *box = list->first; box; box = box->next) {
		box->position = n;
		list->order[n++] = box;
	}
	qsort(list->order, n, sizeof(struct box *), compare_boxes);
	for (size_t i = 0; i < n; i++)
		list->order[i]->next = i + 1 < n ? list->order[i + 1] : NULL;
	list->first = list->order[0];
	list->count = n;
}

static int compare_ranks(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;
	return (*left > *right) - (*left < *right);
}

static const uint32_t *sorted_ranks(struct box_side *side)
{
	if (!side->is_sorted)
		qsort(side->ranks, side->count, sizeof *side->ranks,
		      compare_ranks);
	side->is_sorted = true;
	return side->ranks ? side->ranks : &side->least;
}

static bool seem_equal(const struct box_side *a, const struct box_side *b)
{
	return a->count == b->count && a->digest == b->digest &&
	       a->least == b->least && a->most == b->most;
}

static bool are_equal(struct box_side *a, struct box_side *b)
{
	return memcmp(sorted_ranks(a), sorted_ranks(b),
		      a->count * sizeof(uint32_t)) == 0;
}

/* The one side on which two boxes differ; side_count if there are more. */
static size_t differing_side(const struct box *a, const struct box *b)
{
	size_t found = a->side_count;
	for (size_t i = 0; i < a->side_count; i++) {
		if (seem_equal(&a->sides[i], &b->sides[i]))
			continue;
		if (found < a->side_count)
			return a->side_count;
		found = i;
	}
	for (size_t i = 0; i < a->side_count && found < a->side_count; i++)
		if (i != found && !are_equal(&a->sides[i], &b->sides[i]))
			return a->side_count;
	return found;
}

static int make_room(struct box_side *side, size_t count)
{
	if (count <= side->capacity)
		return 0;
	size_t capacity = side->capacity ? side->capacity * 2 : 4;
	if (capacity < count)
		capacity = count;
	uint32_t *ranks =
		reallocarray(side->ranks, capacity, sizeof *side->ranks);
	if (!ranks)
		return SSHOAL_ENOMEM;
	if (!side->ranks)
		ranks[0] = side->least;
	side->ranks = ranks;
	side->capacity = capacity;
	return 0;
}

/* Puts the side of one box to that of another. They have nothing in common, or
 * the boxes would have. */
static int join(struct box *box, const struct box *other, size_t index)
{
	struct box_side *side = &box->sides[index];
	const struct box_side *more = &other->sides[index];
	int rc = make_room(side, side->count + more->count);
	if (rc)
		return rc;
	memcpy(side->ranks + side->count,
	       more->ranks ? more->ranks : &more->least,
	       more->count * sizeof *side->ranks);
	side->is_sorted =
		side->is_sorted && more->is_sorted && side->most < more->least;
	side->count += more->count;
	side->digest += more->digest;
	if (more->least < side->least) {
		side->least = more->least;
		side->least_text = more->least_text;
	}
	if (more->most > side->most) {
		side->most = more->most;
		side->most_text = more->most_text;
	}
	box->volume += other->volume;
	return 0;
}

/* One pass: joins what can be, neighbours or, if it is full, any two. */
static int pass(struct box_list *list, bool is_full, bool *has_joined)
{
	int rc = 0;
	for (struct box *box = list->first; box && rc == 0; box = box->next) {
		struct box *before = box;
		while (rc == 0 && before->next && list->work > 0) {
			struct box *other = before->next;
			size_t side = differing_side(box, other);
			list->work--;
			if (side < box->side_count) {
				rc = join(box, other, side);
				before->next = other->next;
				*has_joined = true;
			} else if (is_full) {
				before = other;
			} else {
				break;
			}
		}
	}
	return rc;
}

static int merge(struct box_list *list)
{
	bool is_full = false;
	for (;;) {
		uint64_t cost = (uint64_t)list->count * WORK_SORT;
		bool has_joined = false;
		sort(list);
		if (list->work <= cost)
			return 0;
		list->work -= cost;
		int rc = pass(list, is_full, &has_joined);
		if (rc || (!has_joined && is_full))
			return rc;
		is_full = is_full || !has_joined;
	}
}

int sshoal__box_list_make(struct box_list *list, const struct numeral *rows,
			  size_t row_count, size_t axis_count)
{
	*list = (struct box_list){
		.boxes = calloc(row_count, sizeof *list->boxes),
		.sides = calloc(row_count, axis_count * sizeof *list->sides),
		.order = calloc(row_count, sizeof(struct box *)),
		.axes = calloc(axis_count, sizeof *list->axes),
		.axis_count = axis_count,
		.side_count = row_count * axis_count,
		.work = WORK_MAX,
	};
	if (!list->boxes || !list->sides || !list->order || !list->axes)
		return SSHOAL_ENOMEM;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < axis_count; i++)
		rc = make_axis(&list->axes[i], rows + i, row_count, axis_count);
	if (rc)
		return rc;
	fill(list, rows, row_count);
	return merge(list);
}

int sshoal__box_write_side(struct buffer *buffer, const struct box_list *list,
			   struct box *box, size_t axis)
{
	struct box_side *side = &box->sides[axis];
	const struct numeral *numerals = list->axes[axis].numerals;
	const uint32_t *ranks = sorted_ranks(side);
	struct numeral *chosen = calloc(side->count, sizeof *chosen);
	if (!chosen)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < side->count; i++)
		chosen[i] = numerals[ranks[i]];
	int rc = sshoal__numeral_write(buffer, chosen, side->count);
	free(chosen);
	return rc;
}

void sshoal__box_list_fini(struct box_list *list)
{
	for (size_t i = 0; list->sides && i < list->side_count; i++)
		free(list->sides[i].ranks);
	for (size_t i = 0; list->axes && i < list->axis_count; i++) {
		free(list->axes[i].text_places);
		free(list->axes[i].numerals);
	}
	free(list->axes);
	free(list->order);
	free(list->sides);
	free(list->boxes);
}
