/* SPDX-License-Identifier: MIT */
#include "report/amount.h"

#include <inttypes.h>
#include <stdio.h>

/* As many digits as say something. */

const char *sshoal__amount_of(char text[AMOUNT_SIZE], uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	if (bytes < 1024) {
		(void)snprintf(text, AMOUNT_SIZE, "%" PRIu64 " B", bytes);
		return text;
	}
	size_t unit = 0;
	double amount = (double)bytes / 1024;
	/* What would be printed as 1024 of one unit is 1 of the next. */
	while (amount >= 1023.95 && units[unit + 1]) {
		amount /= 1024;
		unit++;
	}
	(void)snprintf(text, AMOUNT_SIZE, "%.1f %cB", amount, units[unit]);
	return text;
}
