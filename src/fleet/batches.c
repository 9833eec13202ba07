/* SPDX-License-Identifier: MIT */
#include "fleet/batches.h"

#include <stddef.h>

#include <sshoal/result.h>

#include "base/options.h"
#include "fleet/settings.h"

/* Nothing but numbers: who is in which batch follows from the target's place.
 * Percents are of all targets, rounded down; a batch has one at least. */

static size_t share_of(size_t count, uint32_t number, uint32_t percent)
{
	size_t share = count / 100 * percent + count % 100 * percent / 100;
	return share > number ? share : number;
}

static size_t size_of(const sshoal_fleet_options *options, size_t count)
{
	size_t size = count;
	if (options->serial || options->serial_percent)
		size = share_of(count, options->serial,
				options->serial_percent);
	return size > 0 ? size : 1;
}

static size_t most_of(const sshoal_fleet_options *options, size_t count,
		      bool many)
{
	if (options->has_max_fail)
		return share_of(count, options->max_fail,
				options->max_fail_percent);
	return many ? 0 : SIZE_MAX;
}

void sshoal__batches_init(struct batches *batches,
			  const sshoal_fleet_options *options, size_t count)
{
	bool many =
		options->serial || options->serial_percent || options->canary;
	*batches = (struct batches){
		.count = count,
		.canary = options->canary < count ? options->canary : count,
		.size = size_of(options, count),
		.most = most_of(options, count, many),
		.number = 1,
		.many = many,
		.pause_ms = options->pause_ms > 0 ? options->pause_ms : 0,
	};
}

uint32_t sshoal__batches_of(const struct batches *batches, size_t index)
{
	size_t before = batches->canary > 0 ? 1 : 0;
	if (!batches->many)
		return 0;
	if (index < batches->canary)
		return 1;
	size_t number = (index - batches->canary) / batches->size + before + 1;
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

size_t sshoal__batches_end(const struct batches *batches)
{
	size_t whole = batches->number - (batches->canary > 0 ? 1 : 0);
	size_t left = batches->count - batches->canary;
	/* Where the last one begins, a batch is not longer than what is left. */
	if (whole > left / batches->size)
		return batches->count;
	return batches->canary + whole * batches->size;
}

void sshoal__batches_note(struct batches *batches, int status)
{
	if (status != SSHOAL_STATUS_OK)
		batches->failed++;
}

bool sshoal__batches_have_failed(const struct batches *batches)
{
	return batches->failed > batches->most;
}

bool sshoal__batches_next(struct batches *batches, int64_t now_ms)
{
	if (sshoal__batches_end(batches) == batches->count)
		return false;
	if (!batches->due_ms)
		batches->due_ms = now_ms + batches->pause_ms;
	if (now_ms < batches->due_ms)
		return false;
	batches->due_ms = 0;
	batches->number++;
	return true;
}

uint32_t sshoal_fleet_options_batch(const sshoal_fleet_options *options,
				    size_t targets, size_t index)
{
	sshoal_fleet_options whole = SSHOAL_FLEET_OPTIONS_INIT;
	struct batches batches;
	if (index >= targets ||
	    sshoal__options_copy(&whole, sizeof whole, FLEET_OPTIONS_FIRST_SIZE,
				 options, NULL) != 0)
		return 0;
	sshoal__batches_init(&batches, &whole, targets);
	return sshoal__batches_of(&batches, index);
}
