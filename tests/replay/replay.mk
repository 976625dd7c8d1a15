# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings of real migrations through all that is behind `report`, but for its command line.
REPLAY_TEST := $(addprefix $(O)/replay/,correlator_test pairs_test absence_test metamorphic_test)

$(REPLAY_TEST): $(O)/replay/%: $(addprefix $(O)/sanitized/tests/,replay/%.o replay/rows.o replay/seen.o replay/edit.o unit/simulation.o) $(O)/sanitized/migtrace.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -lcmocka -ljson-c -luuid -lm
