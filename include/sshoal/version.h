/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_VERSION_H
#define SSHOAL_VERSION_H

#include <sshoal/export.h>

/** The version of these headers; CMake and the manuals read it from here. */
#define SSHOAL_VERSION "0.1.0"
#define SSHOAL_VERSION_MAJOR 0
#define SSHOAL_VERSION_MINOR 1
#define SSHOAL_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The version of the library that runs, which may be newer than the headers.
 * @return a constant string such as "0.1.0", never NULL. Any thread.
 */
SSHOAL_API const char *sshoal_version(void);

/**
 * The version of a library underneath: "libssh2", "openssl" or "zlib".
 * @return a constant string, NULL for another name. Any thread.
 */
SSHOAL_API const char *sshoal_version_of(const char *library);

#ifdef __cplusplus
}
#endif
#endif
