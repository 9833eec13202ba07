/* SPDX-License-Identifier: MIT */
#include "report/copied.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says of each host whether the key is there, and whether that is proven. */

struct copied {
	struct console *console;
	size_t label_width;
};

/* What was done: "added, proven, the old key removed". */
static void describe(char *text, size_t size, const struct outcome *outcome)
{
	uint32_t deeds = outcome->copy_id;
	(void)snprintf(text, size, "%s, %s%s",
		       deeds & SSHOAL_COPY_ID_ADDED ? "added" : "there already",
		       deeds & SSHOAL_COPY_ID_PROVEN ?
			       "proven" :
			       "not proven: its private half is not at hand",
		       deeds & SSHOAL_COPY_ID_REMOVED ? ", old key removed" :
							"");
}

static int on_result(void *state, const struct outcome *outcome)
{
	const struct copied *copied = state;
	struct console *console = copied->console;
	size_t width = strlen(outcome->host.label);
	bool is_padded = sshoal__console_is_terminal(console, SSHOAL_STDOUT) &&
			 width < copied->label_width;
	char done[120];
	char *text = NULL;
	char *line = NULL;
	describe(done, sizeof done, outcome);
	if (outcome->status != SSHOAL_STATUS_OK) {
		text = sshoal__outcome_text(outcome, true);
		if (!text)
			return SSHOAL_ENOMEM;
	}
	int n = asprintf(&line, "%s: %*s%s", outcome->host.label,
			 is_padded ? (int)(copied->label_width - width) : 0, "",
			 text ? text : done);
	free(text);
	if (n < 0)
		return SSHOAL_ENOMEM;
	(void)sshoal__console_write_visible(console, SSHOAL_STDOUT, line,
					    (size_t)n);
	free(line);
	return sshoal__console_print(console, SSHOAL_STDOUT, "\n");
}

int sshoal__copied_new(struct reporter *reporter, struct console *console,
		       size_t label_width)
{
	struct copied *copied = malloc(sizeof *copied);
	if (!copied)
		return SSHOAL_ENOMEM;
	*copied = (struct copied){ console, label_width };
	*reporter = (struct reporter){
		.result = on_result,
		.free = free,
		.state = copied,
	};
	return 0;
}
