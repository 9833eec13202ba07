/* SPDX-License-Identifier: MIT */
#include <sshoal/attributes.h>

#include <stddef.h>
#include <sys/stat.h>

int sshoal_attributes_kind(const sshoal_attributes *attributes)
{
	if (!attributes || !(attributes->flags & SSHOAL_ATTRIBUTES_MODE))
		return SSHOAL_FILE_UNKNOWN;
	switch (attributes->mode & S_IFMT) {
	case S_IFREG:
		return SSHOAL_FILE_REGULAR;
	case S_IFDIR:
		return SSHOAL_FILE_DIRECTORY;
	case S_IFLNK:
		return SSHOAL_FILE_LINK;
	case 0:
		return SSHOAL_FILE_UNKNOWN;
	default:
		return SSHOAL_FILE_OTHER;
	}
}
