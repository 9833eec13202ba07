/* SPDX-License-Identifier: MIT */
#include "servers/raw_table.h"

#include <string.h>

#include <sshoal/result.h>

/*
 * The servers that are none, by what a client of them must report. A server
 * that closes before its banner, or says that it is busy, is asked again.
 */

#define LATE (1u << SSHOAL_STATUS_CONNECT_TIMEOUT)
#define WRONG (1u << SSHOAL_STATUS_PROTOCOL)
#define BANNER "SSH-2.0-Raw\r\n"

const struct raw_behaviour raw_behaviours[] = {
	{ .name = "silent",
	  .text = "",
	  .statuses = LATE,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "closes",
	  .text = "",
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .asked_again = true,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "resets",
	  .text = "",
	  .end = RAW_RESET,
	  .statuses = WRONG,
	  .asked_again = true,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "max-startups",
	  .text = "Exceeded MaxStartups\r\n",
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .asked_again = true,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "not-allowed",
	  .text = "Not allowed at this time\r\n",
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .asked_again = true,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "endless-lines",
	  .text = "no banner, and none will come\r\n",
	  .endless = true,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "no-newline",
	  .text = "SSH-2.0-OpenSSH_9.2",
	  .statuses = LATE,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "drip",
	  .text = "a word before the banner\r\n",
	  .interval_ms = 300,
	  .endless = true,
	  .statuses = LATE,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "http",
	  .text = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "ssh1",
	  .text = "SSH-1.5-Old\r\n",
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "long-banner",
	  .text = "SSH-2.0-",
	  .body = RAW_LONG_LINE,
	  .statuses = WRONG | LATE,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "noise",
	  .text = BANNER,
	  .body = RAW_NOISE,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "packet-0",
	  .text = BANNER,
	  .body = RAW_PACKET,
	  .packet_length = 0,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "packet-1",
	  .text = BANNER,
	  .body = RAW_PACKET,
	  .packet_length = 1,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "packet-5",
	  .text = BANNER,
	  .body = RAW_PACKET,
	  .packet_length = 5,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "packet-2g",
	  .text = BANNER,
	  .body = RAW_PACKET,
	  .packet_length = 0x80000000u,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "packet-4g",
	  .text = BANNER,
	  .body = RAW_PACKET,
	  .packet_length = 0xffffffffu,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "closes-after-banner",
	  .text = BANNER,
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "kex-stall",
	  .text = BANNER,
	  .body = RAW_KEXINIT,
	  .statuses = LATE,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "disconnect",
	  .text = BANNER,
	  .body = RAW_DISCONNECT,
	  .end = RAW_CLOSE,
	  .statuses = WRONG,
	  .phase = SSHOAL_PHASE_KEX },
	{ .name = "deaf",
	  .text = "",
	  .deaf = true,
	  .statuses = LATE,
	  .phase = SSHOAL_PHASE_CONNECT },
};

const size_t raw_behaviour_count =
	sizeof raw_behaviours / sizeof *raw_behaviours;

const struct raw_behaviour *raw_behaviour_find(const char *name)
{
	for (size_t i = 0; i < raw_behaviour_count; i++)
		if (strcmp(raw_behaviours[i].name, name) == 0)
			return &raw_behaviours[i];
	return NULL;
}
