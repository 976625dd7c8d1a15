/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By which ways a function was found, or why it was refused, in words. */
#include "probe/find/resolve.h"

#include <stdio.h>

void ways_text(unsigned int ways, char text[RESOLVE_TEXT_SIZE])
{
	static const struct {
		unsigned int way;
		const char *text;
	} texts[] = {
		{WAY_SYMTAB, ".symtab"},
		{WAY_DYNSYM, ".dynsym"},
		{WAY_BUILD_ID, "debug file by build-id"},
		{WAY_DEBUGLINK, "debug file by .gnu_debuglink"},
		{WAY_MINI, ".gnu_debugdata"},
		{WAY_DEBUGINFOD, "debuginfod"},
		{WAY_STRING, "name string"},
	};
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (ways & texts[i].way)
			length += (size_t)snprintf(text + length, RESOLVE_TEXT_SIZE - length,
						   "%s%s", length ? ", " : "", texts[i].text);
}

void refusal_text(const struct resolved *resolved, char text[RESOLVE_TEXT_SIZE])
{
	static const char *const texts[] = {
		[REFUSAL_NONE] = "",
		[REFUSAL_ABSENT] = "no such function in this file",
		[REFUSAL_SEVERAL] = "several functions have that name",
		[REFUSAL_DISAGREE] = "its symbol tables, or they and its name string, disagree",
		[REFUSAL_INLINED] = "the compiler inlined it into another",
		[REFUSAL_CLONE] = "there is only a clone of the compiler's, of other arguments",
		[REFUSAL_SPLIT] = "some calls go to a clone of the compiler's, and would be missed",
		[REFUSAL_REFERENCES] = "several functions refer to its name, so none is sure",
		[REFUSAL_ENTRY] = "where its name is referred to no function is seen to begin",
		[REFUSAL_OUTSIDE] = "its symbol is not in the file's code",
		[REFUSAL_UNCALLED] = "nothing calls it: the compiler has put its code elsewhere",
		[REFUSAL_INSIDE] = "its symbol is in the middle of a function",
		[REFUSAL_ENCODING] = ".eh_frame is encoded in a way that is not known",
		[REFUSAL_DAMAGED] = ".eh_frame is damaged",
	};

	snprintf(text, RESOLVE_TEXT_SIZE, "%s%s%s%s", texts[resolved->refusal],
		 resolved->other[0] ? " (" : "", resolved->other, resolved->other[0] ? ")" : "");
}
