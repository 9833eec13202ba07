/* SPDX-License-Identifier: MIT */
#include "inventory/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "inventory/address.h"

/*
 * Labels: the name where it occurs once, else with the user and the port that
 * are set, else with a number after "#". No label is given out twice; the
 * targets change only once all labels are made.
 */

/* What a text that could be a label stands for. */
struct claim {
	size_t uses; /* how often it was wanted as a label */
	bool is_repeated;
};

struct labelling {
	struct sshoal_target **targets;
	size_t count;
	char **names;         /* of each target, as a label shows it */
	char **labels;        /* NULL where the name will do */
	struct claim *claims; /* two a target: its name's, its label's */
	struct map taken;     /* claims by text */
};

/* The text of an address in memory of its own; NULL when memory refuses. */
static char *write_text(const char *user, const char *name, uint32_t port)
{
	size_t n = sshoal__address_write(NULL, 0, user, name, port);
	char *text = malloc(n + 1);
	if (text)
		(void)sshoal__address_write(text, n + 1, user, name, port);
	return text;
}

static int claim_names(struct labelling *all)
{
	int rc = sshoal__map_reserve(&all->taken, all->count);
	if (rc)
		return rc;
	for (size_t i = 0; i < all->count; i++) {
		const char *name = sshoal_target_name(all->targets[i]);
		all->names[i] = write_text(NULL, name, 0);
		if (!all->names[i])
			return SSHOAL_ENOMEM;
		struct claim *first =
			sshoal__map_get(&all->taken, all->names[i]);
		struct claim *own = &all->claims[2 * i];
		if (first) {
			first->is_repeated = true;
			own->is_repeated = true;
			continue;
		}
		rc = sshoal__map_put(&all->taken, all->names[i], own);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < all->count; i++)
		all->claims[2 * i].uses = !all->claims[2 * i].is_repeated;
	return 0;
}

/* "TEXT#N" with the first N from 2 that is free, after claim's uses. */
static char *write_numbered(const struct labelling *all, const char *text,
			    struct claim *claim)
{
	size_t size = strlen(text) + 24;
	char *numbered = malloc(size);
	if (!numbered)
		return NULL;
	do
		(void)snprintf(numbered, size, "%s#%zu", text, ++claim->uses);
	while (sshoal__map_get(&all->taken, numbered));
	return numbered;
}

static int claim_label(struct labelling *all, size_t i)
{
	const struct sshoal_target *target = all->targets[i];
	char *text = write_text(target->user, sshoal_target_name(target),
				target->port);
	if (!text)
		return SSHOAL_ENOMEM;
	all->labels[i] = text;
	struct claim *claim = sshoal__map_get(&all->taken, text);
	if (claim && claim->uses == 0) {
		claim->uses = 1;
		return 0;
	}
	if (claim) {
		all->labels[i] = write_numbered(all, text, claim);
		free(text);
		if (!all->labels[i])
			return SSHOAL_ENOMEM;
	}
	struct claim *own = &all->claims[2 * i + 1];
	own->uses = 1;
	return sshoal__map_put(&all->taken, all->labels[i], own);
}

static int make_labels(struct labelling *all)
{
	int rc = claim_names(all);
	for (size_t i = 0; rc == 0 && i < all->count; i++)
		if (all->claims[2 * i].is_repeated)
			rc = claim_label(all, i);
	return rc;
}

static void give_labels(struct labelling *all)
{
	for (size_t i = 0; i < all->count; i++) {
		char **text = all->labels[i] ? &all->labels[i] : &all->names[i];
		struct sshoal_target *target = all->targets[i];
		free(target->label);
		target->label = *text;
		target->index = i;
		*text = NULL;
	}
}

static void fini(struct labelling *all)
{
	sshoal__map_fini(&all->taken);
	for (size_t i = 0; all->labels && i < all->count; i++)
		free(all->labels[i]);
	for (size_t i = 0; all->names && i < all->count; i++)
		free(all->names[i]);
	free(all->claims);
	free(all->labels);
	free(all->names);
}

int sshoal__target_label_all(struct sshoal_target **targets, size_t count)
{
	if (count == 0)
		return 0;
	struct labelling all = {
		.targets = targets,
		.count = count,
		.names = calloc(count, sizeof(char *)),
		.labels = calloc(count, sizeof(char *)),
		.claims = calloc(count, 2 * sizeof(struct claim)),
	};
	int rc = all.names && all.labels && all.claims ? make_labels(&all) :
							 SSHOAL_ENOMEM;
	if (rc == 0)
		give_labels(&all);
	fini(&all);
	return rc;
}
