/* SPDX-License-Identifier: MIT */
/*
 * Timers: one that calls a function after a while, one that is cancelled in
 * time, and one that starts itself again, as often as it likes.
 */
#include <stdio.h>

#include <sshoal.h>

struct alarm {
	sshoal_timer *timer;
	sshoal_gate *over;
	int left; /* how often it comes again */
};

static void say(void *argument)
{
	(void)printf("%s\n", (const char *)argument);
}

/* A timer may be freed by its own function. */
static void ring(void *argument)
{
	struct alarm *alarm = argument;
	sshoal_timer_free(alarm->timer);
	alarm->timer = NULL;
	(void)printf("ring, %d to come\n", alarm->left);
	if (alarm->left-- == 0 ||
	    sshoal_timer_start(&alarm->timer, 10, ring, alarm))
		(void)sshoal_gate_open(alarm->over);
}

int main(void)
{
	sshoal_timer *later = NULL;
	struct alarm alarm = { .left = 3 };
	if (sshoal_gate_new(&alarm.over))
		return 1;

	if (sshoal_timer_start(&later, 3600000, say,
			       (void *)"an hour has passed"))
		return 1;
	int rc = sshoal_timer_cancel(later);
	(void)printf("cancelled in time: %s\n", rc == 0 ? "yes" : "no");
	sshoal_timer_free(later);

	if (sshoal_timer_start(&alarm.timer, 10, ring, &alarm))
		return 1;
	(void)sshoal_gate_wait(alarm.over, -1);
	(void)printf("it has rung\n");
	sshoal_gate_free(alarm.over);
	return 0;
}
