/* SPDX-License-Identifier: MIT */
#include "cli/occurrence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/absent.h"
#include "cli/refusal.h"
#include "cli/value.h"

/* What an option's value means, by its kind. */

#define VERBOSITY_MAX 2

int sshoal__text_list_add(struct text_list *list, size_t room, const char *item)
{
	if (!list->items)
		list->items = calloc(room, sizeof *list->items);
	if (!list->items)
		return SSHOAL_ENOMEM;
	list->items[list->count] = item;
	list->count++;
	return 0;
}

static int choose(const struct occurrence *option, uint32_t *value,
		  sshoal_error *error)
{
	assert(option->value);
	const struct choice *choice = option->spec->choices;
	for (; choice->word; choice++) {
		if (strcmp(choice->word, option->value) != 0)
			continue;
		*value = choice->value;
		return 0;
	}
	return sshoal__refuse(error, "%s \"%.60s\": write %s", option->name,
			      option->value, option->spec->what);
}

static int set_time(const struct occurrence *option, int64_t *time_ms,
		    sshoal_error *error)
{
	int64_t value;
	int rc = sshoal__value_time(&value, option->name, option->value, error);
	if (rc == 0)
		*time_ms = value == 0 ? -1 : value;
	return rc;
}

/* The last of -q and -v says which way it goes. */
static void move_level(int32_t *level, bool is_up)
{
	if (is_up)
		*level = *level < 0 ? 1 : *level + 1;
	else
		*level = *level > 0 ? -1 : *level - 1;
	if (*level > VERBOSITY_MAX)
		*level = VERBOSITY_MAX;
	if (*level < -VERBOSITY_MAX)
		*level = -VERBOSITY_MAX;
}

static int check_text(const struct occurrence *option, sshoal_error *error)
{
	assert(option->value);
	if (*option->value)
		return 0;
	return sshoal__refuse(error, "%s \"\": empty; write %s", option->name,
			      option->spec->what ? option->spec->what :
						   "a user");
}

static int set_mode(const struct occurrence *option,
		    sshoal_transfer_options *transfer, sshoal_error *error)
{
	int rc = sshoal__value_mode(&transfer->mode, option->name,
				    option->value, error);
	if (rc == 0)
		transfer->has_mode = 1;
	return rc;
}

/* SIZE, or SIZE,cut. */
static int set_output(const struct occurrence *option,
		      sshoal_fleet_options *fleet, sshoal_error *error)
{
	char size[64];
	size_t n = strcspn(option->value, ",");
	bool cuts = strcmp(option->value + n, ",cut") == 0;
	if ((option->value[n] && !cuts) || n >= sizeof size)
		return sshoal__refuse(
			error, "%s \"%.60s\": write %s, such as 10M,cut",
			option->name, option->value, option->spec->what);
	memcpy(size, option->value, n);
	size[n] = '\0';
	int rc = sshoal__value_size(&fleet->max_output_bytes, option->name,
				    size, error);
	if (rc)
		return rc;
	fleet->flags &= ~(uint32_t)SSHOAL_FLEET_CUT_OUTPUT;
	if (cuts)
		fleet->flags |= SSHOAL_FLEET_CUT_OUTPUT;
	return 0;
}

static int set_shard(const struct occurrence *option, struct shard *shard,
		     sshoal_error *error)
{
	return sshoal__value_shard(&shard->number, &shard->count, option->name,
				   option->value, error);
}

static int set_share(const struct occurrence *option, struct share *share,
		     sshoal_error *error)
{
	int rc = sshoal__value_share(&share->number, &share->percent,
				     option->name, option->value,
				     option->spec->least, error);
	if (rc == 0)
		share->is_given = 1;
	return rc;
}

static int set_confirm(const struct occurrence *option,
		       struct caution_options *caution, sshoal_error *error)
{
	const struct option_spec *spec = option->spec;
	int rc = sshoal__value_count(&caution->confirm, option->name,
				     option->value, spec->least, spec->most,
				     error);
	if (rc == 0)
		caution->has_confirm = 1;
	return rc;
}

static int check(const struct occurrence *option, sshoal_error *error)
{
	const struct option_spec *spec = option->spec;
	int rc = 0;
	if (option->is_letter && option->value)
		rc = sshoal__absent_meaning(spec->letter, option->value, error);
	if (rc == 0 &&
	    (spec->kind == OPTION_TEXT || spec->kind == OPTION_LIST ||
	     (spec->kind == OPTION_WHOM && option->value)))
		rc = check_text(option, error);
	return rc;
}

int sshoal__occurrence_apply(const struct occurrence *option,
			     struct options *options, size_t list_room,
			     sshoal_error *error)
{
	const struct option_spec *spec = option->spec;
	void *member = (char *)options + spec->offset;
	int rc = check(option, error);
	if (rc)
		return rc;
	switch ((enum option_kind)spec->kind) {
	case OPTION_FLAG:
		*(uint32_t *)member = spec->least;
		return 0;
	case OPTION_BIT:
		*(uint32_t *)member |= spec->least;
		return 0;
	case OPTION_LEVEL:
		move_level(member, spec->least != 0);
		return 0;
	case OPTION_COUNT:
		return sshoal__value_count(member, option->name, option->value,
					   spec->least, spec->most, error);
	case OPTION_SHARE:
		return set_share(option, member, error);
	case OPTION_SHARD:
		return set_shard(option, member, error);
	case OPTION_CONFIRM:
		return set_confirm(option, member, error);
	case OPTION_TIME:
		return set_time(option, member, error);
	case OPTION_SIZE:
		return sshoal__value_size(member, option->name, option->value,
					  error);
	case OPTION_OUTPUT:
		return set_output(option, member, error);
	case OPTION_MODE:
		return set_mode(option, member, error);
	case OPTION_TEXT:
	case OPTION_COMMENT:
		*(const char **)member = option->value;
		return 0;
	case OPTION_WHOM:
		*(const char **)member = option->value ? option->value : "root";
		return 0;
	case OPTION_LIST:
		return sshoal__text_list_add(member, list_room, option->value);
	case OPTION_CHOICE:
		return choose(option, member, error);
	case OPTION_HELP:
	case OPTION_VERSION:
		break;
	}
	return SSHOAL_EINVAL;
}
