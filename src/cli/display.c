/* SPDX-License-Identifier: MIT */
#include "cli/display.h"

#include "cli/command_name.h"
#include "cli/refusal.h"
#include "report/by_host.h"
#include "report/gather.h"
#include "report/mask.h"

/* Which ways of showing output there are, and what goes with them. */

static int check_masks(const struct display_options *display,
		       sshoal_error *error)
{
	struct mask *mask;
	int rc = sshoal__mask_new(&mask, display->masks.items,
				  display->masks.count, error);
	if (rc == 0)
		sshoal__mask_free(mask);
	return rc;
}

/* Whether there is output that can be held in this way. */
static int check_kind(const struct options *options, sshoal_error *error)
{
	const struct display_options *display = &options->display;
	int command = options->command;
	bool is_held = display->output == OUTPUT_HOST ||
		       display->output == OUTPUT_GROUP;
	if (is_held && command != CLI_COMMAND_RUN &&
	    command != CLI_COMMAND_SCRIPT)
		return sshoal__refuse(error,
				      "--output: host and group are for run "
				      "and script, %s has a line for each host",
				      sshoal__cli_command_name(command));
	if (display->output == OUTPUT_FAILED && command == CLI_COMMAND_TRUST)
		return sshoal__refuse(error,
				      "--output failed: trust has no output of "
				      "hosts; write lines, json or none");
	if (is_held && display->no_label)
		return sshoal__refuse(
			error, "-N: goes with --output lines and failed; "
			       "host and group name the hosts above what "
			       "they say");
	return 0;
}

int sshoal__display_check(struct options *options, bool chooses,
			  sshoal_error *error)
{
	struct display_options *display = &options->display;
	int command = options->command;
	bool implies =
		display->diff || display->live || display->masks.count > 0;
	if (command == CLI_COMMAND_NONE || command == CLI_COMMAND_HELP ||
	    command == CLI_COMMAND_VERSION)
		return 0;
	if (display->compress_logs && !display->output_dir)
		return sshoal__refuse(error,
				      "--compress-logs: needs --output-dir, "
				      "whose files it compresses");
	if (implies && display->output != OUTPUT_GROUP && chooses)
		return sshoal__refuse(error,
				      "--diff, --mask and --live are for "
				      "--output group; leave the other "
				      "--output or --json out");
	if (implies)
		display->output = OUTPUT_GROUP;
	int rc = check_kind(options, error);
	return rc ? rc : check_masks(display, error);
}

static int make_gather(struct reporter *reporter, struct console *console,
		       const struct display_options *display,
		       const struct lines_options *lines)
{
	struct gather_options gather = {
		.host_count = lines->host_count,
		.raw = lines->raw,
		.diff = display->diff != 0,
	};
	sshoal_error error;
	int rc = sshoal__mask_new(&gather.mask, display->masks.items,
				  display->masks.count, &error);
	if (rc == 0 && display->live)
		rc = sshoal__lines_new(&gather.live, console, lines);
	if (rc == 0)
		rc = sshoal__gather_new(reporter, console, &gather);
	if (rc == 0)
		return 0;
	if (gather.live.free)
		gather.live.free(gather.live.state);
	sshoal__mask_free(gather.mask);
	return rc;
}

int sshoal__display_output(struct reporter *reporter, struct console *console,
			   const struct options *options,
			   const struct lines_options *lines)
{
	const struct display_options *display = &options->display;
	if (display->output == OUTPUT_GROUP)
		return make_gather(reporter, console, display, lines);
	if (display->output != OUTPUT_HOST)
		return sshoal__lines_new(reporter, console, lines);
	const struct by_host_options by_host = {
		.host_count = lines->host_count,
		.raw = lines->raw,
		.sorted = options->selection.sorted != 0,
	};
	return sshoal__by_host_new(reporter, console, &by_host);
}
