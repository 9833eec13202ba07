/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_EXPORT_H
#define SSHOAL_EXPORT_H

/** Marks what the shared library exports; everything else is hidden. */
#if defined(__GNUC__)
#define SSHOAL_API __attribute__((visibility("default")))
#else
#define SSHOAL_API
#endif

#endif
