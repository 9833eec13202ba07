/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_SECTIONS_H
#define SSHOAL_REPORT_PAGE_SECTIONS_H

#include <stddef.h>

#include "report/console.h"
#include "report/recording.h"

/* How much of a large run the page shows; it says what is left out. */
#define PAGE_HOSTS_MAX ((size_t)2000)
#define PAGE_LANES_MAX ((size_t)100)
#define PAGE_SLOWEST_MAX ((size_t)15)
#define PAGE_FAILURES_MAX ((size_t)200)
#define PAGE_GROUPS_MAX ((size_t)300)
#define PAGE_OUTPUT_BYTES ((size_t)8 * 1024 * 1024)
#define PAGE_NOTES_MAX ((size_t)100)

/* Hosts of a recording in some order. */
struct page_hosts {
	const struct recorded_host **items;
	size_t count;
};

/* All hosts in the order of the run's list. 0 or SSHOAL_ENOMEM. */
int sshoal__page_hosts_init(struct page_hosts *hosts,
			    const struct recording *recording);
void sshoal__page_hosts_fini(struct page_hosts *hosts);

/* The parts of the page from top to bottom. 0 or SSHOAL_ENOMEM; failed writes
 * stay with the console. */

int sshoal__page_outcome(struct console *console,
			 const struct recording *recording);
int sshoal__page_failures(struct console *console,
			  const struct recording *recording);
int sshoal__page_timeline(struct console *console,
			  const struct recording *recording);
int sshoal__page_slowest(struct console *console,
			 const struct recording *recording);
int sshoal__page_output(struct console *console,
			const struct recording *recording);
int sshoal__page_host_table(struct console *console,
			    const struct recording *recording);
int sshoal__page_settings(struct console *console,
			  const struct recording *recording, const char *name);

/* A section's beginning: our own words alone. */
void sshoal__page_section(struct console *console, const char *id,
			  const char *title);
void sshoal__page_section_end(struct console *console);

/* A status as a tag that says and shows its class. */
void sshoal__page_status(struct console *console,
			 const struct recorded_host *host);

/* The letter of a status's class in the style: 'o'k, 'f'ailed, not 'r'eached,
 * no 't'ime, 'l'ocal, 'u'nfinished. */
char sshoal__page_class(int status);

/* Names folded, all of them hosts; where they are many, cut with how many
 * there are. 0 or SSHOAL_ENOMEM. */
int sshoal__page_fold(struct console *console,
		      const struct recorded_host *const *hosts, size_t count);

#endif
