/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a static function in a stripped file by the string of its own name that it refers to. */
#ifndef MIGTRACE_PROBE_FUNC_STRING_H
#define MIGTRACE_PROBE_FUNC_STRING_H

#include <stdint.h>

struct image;

/*
 * Finds the function whose code refers to its name, as every function does that logs __func__:
 * string in read-only data -> `lea disp32(%rip)` -> range of .eh_frame around it -> its start, and
 * *file_offset is where that is in the file.
 *
 * It answers only where these hold, and says -EEXIST otherwise:
 * - all references lie in one function: in one range of .eh_frame, or else in the cold parts that
 *   GCC split off it. A cold part is a range whose CFI starts inside a stack frame; its function
 *   is the one range that jumps into it.
 * - that range is entered as a function is: it is called, or its address is taken, or a symbol of
 *   that name is there. A range that is only jumped to may be a cold part without a frame.
 * - no symbol gives it another name, as happens where the function was inlined into an exported
 *   one, or (with .symtab) was specialised: name.isra.0 does not take the arguments of name.
 * What it cannot see: a function inlined into just one other static function (it returns that
 * one's start), a split of GCC's into a head and name.part.0 (it returns the part's start), and
 * in a stripped file a specialisation that changed the arguments.
 *
 * Returns 0; -ENOENT where there is no such string or reference; -EEXIST; -ENOTSUP for .eh_frame
 * as GCC and clang do not write it on x86-64; -EINVAL where it is malformed; -ENOMEM.
 */
int image_static_function(const struct image *image, const char *name, uint64_t *file_offset);

#endif
