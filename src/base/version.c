/* SPDX-License-Identifier: MIT */
#include <sshoal/version.h>

const char *sshoal_version(void)
{
	return SSHOAL_VERSION;
}
