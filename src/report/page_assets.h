/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_ASSETS_H
#define SSHOAL_REPORT_PAGE_ASSETS_H

#include <stddef.h>

/* A file that the build puts into the program. */
struct page_asset {
	const unsigned char *bytes;
	size_t size_bytes;
};

extern const struct page_asset sshoal__page_style;  /* page.css */
extern const struct page_asset sshoal__page_script; /* page.js */

#endif
