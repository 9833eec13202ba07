/* SPDX-License-Identifier: MIT */
#include "ssh/tap.h"

#include <stdio.h>
#include <string.h>

#include <sshoal/text.h>

#include "base/wire.h"

/*
 * A block is believed to be a packet only if every field of it fits; what was
 * not a packet and looks like one can at worst change the words of a message,
 * since a status is used only when the connection met no error.
 */

enum message {
	MESSAGE_DISCONNECT = 1,
	MESSAGE_USERAUTH_FAILURE = 51,
	MESSAGE_USERAUTH_PASSWD_CHANGEREQ = 60,
	MESSAGE_CHANNEL_OPEN = 90,
	MESSAGE_CHANNEL_OPEN_FAILURE = 92,
	MESSAGE_CHANNEL_REQUEST = 98,
};

/* The smallest channel request with an exit status. */
#define EXIT_REQUEST_SIZE 25

static void note_status(struct exit_record *exit, uint32_t status)
{
	exit->status_count++;
	if (exit->status == 0)
		exit->status = status;
}

static void note_signal(struct exit_record *exit, const unsigned char *name,
			size_t n)
{
	exit->signal_count++;
	if (n > sizeof exit->signal - 1)
		n = sizeof exit->signal - 1;
	(void)sshoal_text_escape(exit->signal, sizeof exit->signal, name, n);
	if (!exit->signal[0])
		(void)snprintf(exit->signal, sizeof exit->signal, "?");
}

static void look_at_request(struct tap *tap, struct wire wire)
{
	uint32_t channel = sshoal__wire_u32(&wire);
	struct exit_record *exit = tap->exits;
	while (exit && exit->channel != channel)
		exit = exit->next;
	size_t n;
	const unsigned char *type = sshoal__wire_string(&wire, &n);
	if (!exit || !type || n != strlen("exit-status"))
		return;
	(void)sshoal__wire_byte(&wire);
	if (memcmp(type, "exit-status", n) == 0) {
		uint32_t status = sshoal__wire_u32(&wire);
		if (!wire.failed)
			note_status(exit, status);
	} else if (memcmp(type, "exit-signal", n) == 0) {
		size_t length;
		const unsigned char *name = sshoal__wire_string(&wire, &length);
		note_signal(exit, name, name ? length : 0);
	}
}

static void look_at_open(struct tap *tap, struct wire wire)
{
	if (!sshoal__wire_is(&wire, "session"))
		return;
	uint32_t channel = sshoal__wire_u32(&wire);
	if (!wire.failed)
		tap->opened_channel = channel;
}

static bool is_name_list(const unsigned char *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] <= ' ' || list[i] >= 0x7f)
			return false;
	return true;
}

static void look_at_failure(struct tap *tap, struct wire wire)
{
	size_t n;
	const unsigned char *list = sshoal__wire_string(&wire, &n);
	bool partial = sshoal__wire_byte(&wire) != 0;
	if (wire.failed || !is_name_list(list, n))
		return;
	/* Of a list that is too long only whole names are kept. */
	if (n >= sizeof tap->methods) {
		n = sizeof tap->methods - 1;
		while (n > 0 && list[n] != ',')
			n--;
	}
	memcpy(tap->methods, list, n);
	tap->methods[n] = '\0';
	tap->partial = partial;
	tap->partials += partial;
	tap->failures++;
}

static void look_at_disconnect(struct tap *tap, struct wire wire)
{
	uint32_t reason = sshoal__wire_u32(&wire);
	size_t n;
	const unsigned char *text = sshoal__wire_string(&wire, &n);
	if (wire.failed || reason == 0 || reason > 15)
		return;
	tap->disconnect_reason = reason;
	(void)sshoal_text_escape(tap->disconnect, sizeof tap->disconnect, text,
				 n);
}

static void look_at_open_failure(struct tap *tap, struct wire wire)
{
	(void)sshoal__wire_u32(&wire);
	uint32_t reason = sshoal__wire_u32(&wire);
	size_t n;
	const unsigned char *text = sshoal__wire_string(&wire, &n);
	if (wire.failed)
		return;
	tap->refused_reason = reason;
	(void)sshoal_text_escape(tap->refused, sizeof tap->refused, text, n);
}

/* The number means something else with every other method. */
static void look_at_change(struct tap *tap, struct wire wire)
{
	size_t n;
	(void)sshoal__wire_string(&wire, &n);
	(void)sshoal__wire_string(&wire, &n);
	if (tap->expects_password && !wire.failed)
		tap->wants_change = true;
}

void sshoal__tap_look(struct tap *tap, const unsigned char *block, size_t size)
{
	struct wire wire = sshoal__wire(block, size);
	switch (sshoal__wire_byte(&wire)) {
	case MESSAGE_CHANNEL_REQUEST:
		if (size >= EXIT_REQUEST_SIZE)
			look_at_request(tap, wire);
		break;
	case MESSAGE_CHANNEL_OPEN:
		look_at_open(tap, wire);
		break;
	case MESSAGE_CHANNEL_OPEN_FAILURE:
		look_at_open_failure(tap, wire);
		break;
	case MESSAGE_USERAUTH_FAILURE:
		look_at_failure(tap, wire);
		break;
	case MESSAGE_USERAUTH_PASSWD_CHANGEREQ:
		look_at_change(tap, wire);
		break;
	case MESSAGE_DISCONNECT:
		look_at_disconnect(tap, wire);
		break;
	}
}

bool sshoal__list_has(const char *list, const char *word)
{
	size_t n = strlen(word);
	while (*list) {
		size_t length = strcspn(list, ",");
		if (length == n && memcmp(list, word, n) == 0)
			return true;
		list += length;
		if (*list == ',')
			list++;
	}
	return false;
}
