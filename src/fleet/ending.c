/* SPDX-License-Identifier: MIT */
#include "fleet/ending.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "fleet/outlet.h"
#include "fleet/run.h"

/* Ending has its own time: neither the limit that led to it nor the first
 * interrupt stop it, only the second does. */

struct client_adoption sshoal__ending_adoption(const struct attempt *attempt)
{
	return (struct client_adoption){
		.host = attempt->plan->host,
		.user = attempt->plan->user,
		.address = attempt->address,
		.cancel = attempt->run->cancel,
		.limit_ms = attempt->limit_ms,
		.profile = &attempt->plan->profile,
	};
}

void sshoal__ending_init(struct attempt_ending *ending, struct attempt *attempt)
{
	const struct run *run = attempt->run;
	ending->as = sshoal__ending_adoption(attempt);
	ending->sink = sshoal__outlet_last_sink_of(attempt);
	ending->exec = (struct exec_ending){
		.command = { .grace_ms = run->kill_after_ms,
			     .become = attempt->become,
			     .secret = attempt->become_secret },
		.detach_grace_ms = run->detach_grace_ms,
		.as = &ending->as,
		.sink = &ending->sink,
	};
}

void sshoal__ending_tell(struct attempt *attempt)
{
	static const char *const words[] = {
		[SSHOAL_END_KILLED] = "it was ended",
		[SSHOAL_END_SURVIVED] = "it was told to end and goes on",
		[SSHOAL_END_UNKNOWN] = "it may still go on there",
	};
	sshoal_error *error = &attempt->error;
	int how = attempt->outcome.kill;
	if (how < SSHOAL_END_KILLED || how > SSHOAL_END_UNKNOWN)
		return;
	char had[200] = "";
	/* A text that only names the code is the status's word again. */
	if (strcmp(error->text, sshoal_error_text(error->code)) != 0)
		(void)snprintf(had, sizeof had, "%.190s; ", error->text);
	(void)sshoal__error_set(error, error->code, "%s%s", had, words[how]);
}
