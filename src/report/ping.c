/* SPDX-License-Identifier: MIT */
#include "report/ping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says of each host how far it is, or why it could not be reached. */

struct ping {
	struct console *console;
	size_t label_width;
};

/* " dns 0.1 connect 0.3 ... ms" of the phases that took place. */
static void describe_phases(char *text, size_t size,
			    const struct outcome *outcome)
{
	size_t used = 0;
	text[0] = '\0';
	for (int i = SSHOAL_PHASE_DNS; i <= SSHOAL_PHASE_AUTH; i++) {
		if (outcome->phase_ms[i] < 0)
			continue;
		int n = snprintf(text + used, size - used, " %s %.1f",
				 sshoal_phase_name(i), outcome->phase_ms[i]);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
	if (used > 0)
		(void)snprintf(text + used, size - used, " ms");
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct ping *ping = state;
	struct console *console = ping->console;
	bool is_padded = sshoal__console_is_terminal(console, SSHOAL_STDOUT);
	size_t width = strlen(outcome->host.label);
	size_t padding = is_padded && width < ping->label_width ?
				 ping->label_width - width :
				 0;
	char phases[256];
	char *text = sshoal__outcome_text(outcome, true);
	char *line = NULL;
	int rc = SSHOAL_ENOMEM;
	if (!text)
		return rc;
	describe_phases(phases, sizeof phases, outcome);
	int n = asprintf(&line, "%s: %*s%s%s%s", outcome->host.label,
			 (int)padding, "", text,
			 outcome->status == SSHOAL_STATUS_OK ? " " : "",
			 outcome->status == SSHOAL_STATUS_OK ? phases : "");
	if (n >= 0) {
		(void)sshoal__console_write_visible(console, SSHOAL_STDOUT,
						    line, (size_t)n);
		rc = sshoal__console_print(console, SSHOAL_STDOUT, "\n");
		free(line);
	}
	free(text);
	return rc;
}

int sshoal__ping_new(struct reporter *reporter, struct console *console,
		     size_t label_width)
{
	struct ping *ping = malloc(sizeof *ping);
	if (!ping)
		return SSHOAL_ENOMEM;
	*ping = (struct ping){ .console = console, .label_width = label_width };
	*reporter = (struct reporter){
		.result = on_result,
		.free = free,
		.state = ping,
	};
	return 0;
}
