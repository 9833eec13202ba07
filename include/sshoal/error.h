/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_ERROR_H
#define SSHOAL_ERROR_H

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a failing call returns. A code says what a caller can do about it;
 * the text of a sshoal_error says what happened.
 */
enum sshoal_error_code {
	SSHOAL_OK = 0,
	SSHOAL_EINVAL = -1,     /* a wrong argument or a wrong order of calls */
	SSHOAL_ENOMEM = -2,     /* memory refused */
	SSHOAL_ETIMEOUT = -3,   /* a time limit was reached */
	SSHOAL_ECANCELLED = -4, /* the caller cancelled */
	SSHOAL_ECLOSED = -5,    /* the queue, pool or stream was closed */
	SSHOAL_EFULL = -6,      /* no room before the time was over */
	SSHOAL_EEMPTY = -7,     /* nothing came before the time was over */
	SSHOAL_ENOENT = -8,     /* no such file, name or key */
	SSHOAL_EACCESS = -9,    /* not permitted, or a file others can read */
	SSHOAL_EIO = -10,       /* a local file or descriptor failed */
	SSHOAL_EFORMAT = -11,   /* contents that are not what they should be */
	SSHOAL_EPASSPHRASE = -12,  /* a passphrase is missing or wrong */
	SSHOAL_EUNSUPPORTED = -13, /* neither side is at fault: not supported */
	SSHOAL_ELIMIT = -14,       /* a size or count limit was passed */
	SSHOAL_ELOCAL = -15,   /* descriptors, threads or ports ran out here */
	SSHOAL_EDNS = -16,     /* the name has no address */
	SSHOAL_EREFUSED = -17, /* the connection was refused */
	SSHOAL_EUNREACHABLE = -18, /* no route to the address */
	SSHOAL_EPROTOCOL = -19,    /* the peer broke the protocol, or no common
				     algorithm */
	SSHOAL_EBUSY = -20, /* the server closed before its banner or said
				     that it has too many logins */
	SSHOAL_EHOSTKEY_UNKNOWN = -21, /* the host key is not known */
	SSHOAL_EHOSTKEY_CHANGED = -22, /* the host is known with another key */
	SSHOAL_EHOSTKEY_REVOKED = -23, /* the host key is marked as revoked */
	SSHOAL_EAUTH = -24,            /* no login method was accepted */
	SSHOAL_ECHANNEL = -25,  /* a channel or its request was refused */
	SSHOAL_ELOST = -26,     /* the connection broke */
	SSHOAL_ENOSTATUS = -27, /* closed in order without an exit status */
	SSHOAL_EEXIST = -28,    /* a file is there already and is kept */
	SSHOAL_EREMOTE = -29,   /* the server could not do it with a file */
	SSHOAL_ECHANGED = -30,  /* a file changed while it was read */
	SSHOAL_EDIFFER = -31,   /* what was written is not what was sent */
	SSHOAL_ETRANSFER = -32  /* some files of a transfer failed */
};

/** Room for a code and its text. It stays 512 bytes for ever. */
typedef struct sshoal_error {
	int code;       /* one of enum sshoal_error_code */
	char text[508]; /* "what: why", one line, always NUL-terminated */
} sshoal_error;

/**
 * The name of a code, such as "SSHOAL_EINVAL".
 * @return a constant string, never NULL: "SSHOAL_E?" for no code of ours.
 */
SSHOAL_API const char *sshoal_error_name(int code);

/**
 * The fixed text of a code, such as "invalid argument".
 * @return a constant string, never NULL. Any thread.
 */
SSHOAL_API const char *sshoal_error_text(int code);

#ifdef __cplusplus
}
#endif
#endif
