# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings of real migrations through all that is behind `report`, but for its command line.
REPLAY_TEST := $(O)/replay/correlator_test $(O)/replay/pairs_test

$(REPLAY_TEST): $(O)/replay/%: $(O)/sanitized/tests/replay/%.o $(addprefix $(O)/sanitized/,tests/unit/simulation.o migtrace.a)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -lcmocka -ljson-c -luuid
