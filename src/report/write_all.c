/* SPDX-License-Identifier: MIT */
#include "report/write_all.h"

#include <errno.h>
#include <unistd.h>

int sshoal__write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? errno : EIO;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}
