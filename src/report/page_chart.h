/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_CHART_H
#define SSHOAL_REPORT_PAGE_CHART_H

#include "report/console.h"
#include "report/page_sections.h"

/* Draws how many hosts were in which phase, from 0 to end_ms, which is more
 * than 0. 0 or SSHOAL_ENOMEM. */
int sshoal__page_chart(struct console *console, const struct page_hosts *hosts,
		       double end_ms);

/* The axis below anything as wide as the run, and lines at its marks. */
void sshoal__page_time_axis(struct console *console, double end_ms);
void sshoal__page_time_grid(struct console *console, double end_ms);

#endif
