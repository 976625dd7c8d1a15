# SPDX-License-Identifier: GPL-2.0-or-later
# The program as it is, but that valgrind can run it.
UNFILTERED := $(O)/unfiltered/migtrace

$(UNFILTERED): $(filter-out $(O)/src/sandbox/filter.o $(FLEET_OBJECTS),$(OBJECTS)) $(O)/tests/cli/unfiltered.o
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
