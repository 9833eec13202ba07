/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <sshoal.h>

/* Says both versions: that of the headers and that of the library. */
int main(void)
{
	(void)printf("%s %s\n", SSHOAL_VERSION, sshoal_version());
	return 0;
}
