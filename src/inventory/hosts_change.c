/* SPDX-License-Identifier: MIT */
#include "inventory/hosts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/map.h"
#include "inventory/expression.h"
#include "inventory/selection.h"

/*
 * Lists made smaller, or put into another order. A list changes as a whole or,
 * where memory refuses, not at all: labels depend on which targets are in it.
 */

/* Makes the list consist of those of its targets that are in order[]. */
static int adopt(sshoal_hosts *hosts, struct sshoal_target **order,
		 size_t count, sshoal_error *error)
{
	int rc = sshoal__target_label_all(order, count);
	if (rc)
		return sshoal__error_code(error, rc);
	for (size_t i = 0; i < hosts->count; i++) {
		struct sshoal_target *target = hosts->targets[i];
		bool stays =
			target->index < count && order[target->index] == target;
		if (!stays)
			sshoal__target_free(target);
	}
	memcpy(hosts->targets, order, count * sizeof(struct sshoal_target *));
	hosts->count = count;
	return 0;
}

/* Keeps the targets whose byte in keep[] is not 0. */
static int keep_some(sshoal_hosts *hosts, const unsigned char *keep,
		     sshoal_error *error)
{
	struct sshoal_target **order =
		calloc(hosts->count + 1, sizeof(struct sshoal_target *));
	if (!order)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	size_t count = 0;
	for (size_t i = 0; i < hosts->count; i++)
		if (keep[i])
			order[count++] = hosts->targets[i];
	int rc = adopt(hosts, order, count, error);
	free(order);
	return rc;
}

/* Targets that leave a list, by their names. */
struct leaving {
	const sshoal_hosts *hosts;
	struct map names; /* the first of each name */
	size_t *next;     /* of the same name: its index + 1, or 0 */
};

static int find_leaving(struct leaving *leaving, const sshoal_hosts *hosts)
{
	leaving->hosts = hosts;
	leaving->next = calloc(hosts->count + 1, sizeof *leaving->next);
	if (!leaving->next)
		return SSHOAL_ENOMEM;
	int rc = sshoal__map_reserve(&leaving->names, hosts->count);
	for (size_t i = 0; rc == 0 && i < hosts->count; i++) {
		struct sshoal_target *target = hosts->targets[i];
		const struct sshoal_target *first =
			sshoal__map_get(&leaving->names, target->name);
		if (first)
			leaving->next[i] = first->index + 1;
		rc = sshoal__map_put(&leaving->names, target->name, target);
	}
	return rc;
}

/* Whether a target of the expression means one of the list. */
static bool means(const struct sshoal_target *named,
		  const struct sshoal_target *target)
{
	bool has_user = target->user && named->user &&
			strcmp(named->user, target->user) == 0;
	if (named->user_is_written && !has_user)
		return false;
	return !named->port_is_written || named->port == target->port;
}

static bool leaves(const struct leaving *leaving,
		   const struct sshoal_target *target)
{
	const struct sshoal_target *last =
		sshoal__map_get(&leaving->names, target->name);
	size_t next = last ? last->index + 1 : 0;
	for (; next > 0; next = leaving->next[next - 1])
		if (means(leaving->hosts->targets[next - 1], target))
			return true;
	return false;
}

static int drop(sshoal_hosts *hosts, const sshoal_hosts *named,
		sshoal_error *error)
{
	struct leaving leaving = { .names = MAP_INIT };
	unsigned char *keep = calloc(hosts->count + 1, 1);
	int rc = keep ? find_leaving(&leaving, named) : SSHOAL_ENOMEM;
	for (size_t i = 0; rc == 0 && i < hosts->count; i++)
		keep[i] = !leaves(&leaving, hosts->targets[i]);
	rc = rc ? sshoal__error_code(error, rc) : keep_some(hosts, keep, error);
	free(keep);
	free(leaving.next);
	sshoal__map_fini(&leaving.names);
	return rc;
}

int sshoal_hosts_exclude(sshoal_hosts *hosts, const sshoal_inventory *inventory,
			 const char *expression, sshoal_error *error)
{
	if (!hosts || !expression || (inventory && inventory->is_broken))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_hosts *named = calloc(1, sizeof *named);
	if (!named)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct selection selection;
	int rc = sshoal__selection_init(&selection, named, inventory);
	selection.candidates = hosts;
	selection.is_lenient = true;
	if (rc)
		(void)sshoal__error_code(error, rc);
	else
		rc = sshoal__expression_select(&selection, expression, error);
	sshoal__selection_fini(&selection);
	for (size_t i = 0; i < named->count; i++)
		named->targets[i]->index = i;
	if (rc == 0)
		rc = drop(hosts, named, error);
	sshoal_hosts_free(named);
	return rc;
}

int sshoal_hosts_shard(sshoal_hosts *hosts, size_t shard, size_t count,
		       sshoal_error *error)
{
	if (!hosts || shard == 0 || shard > count)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no such shard: they are counted from "
					 "1 up to their number");
	unsigned char *keep = calloc(hosts->count + 1, 1);
	if (!keep)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (size_t i = shard - 1; i < hosts->count;) {
		keep[i] = 1;
		if (count > hosts->count - i)
			break;
		i += count;
	}
	int rc = keep_some(hosts, keep, error);
	free(keep);
	return rc;
}

/* A number below the limit, each as likely as any other. */
static int draw(size_t *number, size_t limit)
{
	size_t value = 0;
	/* What is left over at the end would make small numbers likelier. */
	size_t top = SIZE_MAX - SIZE_MAX % limit;
	do {
		if (getrandom(&value, sizeof value, 0) != sizeof value)
			return SSHOAL_ELOCAL;
	} while (value >= top);
	*number = value % limit;
	return 0;
}

/* The first count of the numbers below total, in an order made by chance
 * (Fisher and Yates). NULL when memory or the system refuses. */
static size_t *draw_order(size_t total, size_t count, int *rc)
{
	size_t *order = calloc(total + 1, sizeof *order);
	*rc = order ? 0 : SSHOAL_ENOMEM;
	for (size_t i = 0; *rc == 0 && i < total; i++)
		order[i] = i;
	for (size_t i = 0; *rc == 0 && i < count; i++) {
		size_t step = 0;
		*rc = draw(&step, total - i);
		size_t chosen = order[i + step];
		order[i + step] = order[i];
		order[i] = chosen;
	}
	return order;
}

int sshoal_hosts_pick(sshoal_hosts *hosts, size_t count, sshoal_error *error)
{
	if (!hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (count >= hosts->count)
		return 0;
	int rc = 0;
	size_t *order = draw_order(hosts->count, count, &rc);
	unsigned char *keep = calloc(hosts->count + 1, 1);
	if (rc == 0 && !keep)
		rc = SSHOAL_ENOMEM;
	for (size_t i = 0; rc == 0 && i < count; i++)
		keep[order[i]] = 1;
	rc = rc ? sshoal__error_code(error, rc) : keep_some(hosts, keep, error);
	free(keep);
	free(order);
	return rc;
}

int sshoal_hosts_shuffle(sshoal_hosts *hosts, sshoal_error *error)
{
	if (!hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = 0;
	size_t *order = draw_order(hosts->count, hosts->count, &rc);
	struct sshoal_target **targets =
		calloc(hosts->count + 1, sizeof(struct sshoal_target *));
	if (rc == 0 && !targets)
		rc = SSHOAL_ENOMEM;
	for (size_t i = 0; rc == 0 && i < hosts->count; i++)
		targets[i] = hosts->targets[order[i]];
	rc = rc ? sshoal__error_code(error, rc) :
		  adopt(hosts, targets, hosts->count, error);
	free(targets);
	free(order);
	return rc;
}

/* By name, with numbers in the order of their values, then as they were. */
static int compare_targets(const void *a, const void *b)
{
	const struct sshoal_target *left =
		*(const struct sshoal_target *const *)a;
	const struct sshoal_target *right =
		*(const struct sshoal_target *const *)b;
	int names = strverscmp(left->name, right->name);
	if (names)
		return names;
	return left->index < right->index ? -1 : 1;
}

int sshoal_hosts_sort(sshoal_hosts *hosts, sshoal_error *error)
{
	if (!hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct sshoal_target **targets =
		calloc(hosts->count + 1, sizeof(struct sshoal_target *));
	if (!targets)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (hosts->count > 0)
		memcpy(targets, hosts->targets,
		       hosts->count * sizeof(struct sshoal_target *));
	qsort(targets, hosts->count, sizeof(struct sshoal_target *),
	      compare_targets);
	int rc = adopt(hosts, targets, hosts->count, error);
	free(targets);
	return rc;
}
