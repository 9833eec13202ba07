/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_AMOUNT_H
#define SSHOAL_REPORT_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

/* What the longest amount takes, with its NUL. */
#define AMOUNT_SIZE 16

/* Writes bytes for people: "512 B", "4.2 MB" (of 1024). Returns text. */
const char *sshoal__amount_of(char text[AMOUNT_SIZE], uint64_t bytes);

#endif
