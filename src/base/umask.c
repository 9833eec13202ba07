/* SPDX-License-Identifier: MIT */
#include "base/umask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL 022u
#define PERMISSIONS 0777u

unsigned int sshoal__umask(void)
{
	char line[256];
	unsigned int mask = USUAL;
	FILE *status = fopen("/proc/self/status", "re");
	if (!status)
		return mask;
	while (fgets(line, sizeof line, status))
		if (strncmp(line, "Umask:", 6) == 0) {
			mask = (unsigned int)strtoul(line + 6, NULL, 8);
			break;
		}
	(void)fclose(status);
	return mask & PERMISSIONS;
}
