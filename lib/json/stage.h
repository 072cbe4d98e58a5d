/* SPDX-License-Identifier: MIT */
#ifndef EV_STAGE_H
#define EV_STAGE_H

#include <stdint.h>

#include "base/slice.h"

/*
 * The first stage of the scanner, one implementation per instruction set: 64 bytes at a time,
 * bitmaps of quotes, escapes, structural characters and white space, and out of these the positions
 * of structural characters, first bytes of strings and scalars, and LFs outside of strings. After
 * "Parsing Gigabytes of JSON per Second" (Langdale, Lemire 2019) and "Validating UTF-8 in Less Than
 * One Instruction per Byte" (Keiser, Lemire 2020).
 */
struct ev_isa {
	const char *name;
	bool (*here)(void); /* whether this processor can */

	/*
	 * Writes positions ascending, at most text.n of them and 64 bytes of scratch behind;
	 * returns their number. EV_PAD bytes behind text are readable. *bad: some string holds a
	 * control character, a wrong escape or bytes that are no UTF-8, or does not end; where, and
	 * whether other positions hold, is not known then.
	 */
	size_t (*mark)(struct ev_slice text, uint32_t *pos, bool *bad);

	/* For the lazy walk: the offset of the next unescaped '"' at or after `at`; text.n if none.
	 */
	size_t (*string_end)(struct ev_slice text, size_t at);

	/*
	 * For the lazy walk: the offset of the bracket that closes the container whose inside
	 * begins at `at`; text.n if none. Counts both kinds of brackets as one.
	 */
	size_t (*skip)(struct ev_slice text, size_t at);
};

/* Bitmaps of 64 bytes. */
struct bits {
	uint64_t backslash, quote, control, space;
	uint64_t mark; /* {}[]:, and LF */
};

#define EV_INLINE static inline __attribute__((always_inline))

extern const struct ev_isa ev_isa_scalar;
#if defined(__x86_64__)
extern const struct ev_isa ev_isa_avx2;
#endif

#endif
