# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings of real migrations through all that is behind `report`, but for its command line.
REPLAY_TEST := $(O)/replay/correlator_test
REPLAY_SOURCES := tests/replay/correlator_test.c tests/unit/simulation.c $(CORE) $(wildcard src/report/*.c) \
		  $(addprefix src/record/,read.c kinds.c text.c)

$(REPLAY_TEST): $(REPLAY_SOURCES) $(wildcard src/*/*.h) | $(PAGE)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -Itests/unit -fsanitize=$(SAN) -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lcmocka -ljson-c -luuid
