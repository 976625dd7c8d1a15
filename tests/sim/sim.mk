# SPDX-License-Identifier: GPL-2.0-or-later
# Simulated migrations through the real writer, reader, correlator and estimator; SEEDS of them.
SIM := $(O)/sim/figures_sim
SIM_LONG := $(O)/sim/figures_sim_long
SIM_SOURCES := tests/sim/figures_sim.c tests/unit/simulation.c $(CORE) \
	       $(addprefix src/record/,read.c write.c kinds.c text.c)
SIM_FLAGS = $(FLAGS) -Itests/unit

.PHONY: check-sim check-sim-long
check-sim: $(SIM) ## 10^4 simulated migrations, under ASan and UBSan
	$(Q)tests/run $(SIM)

check-sim-long: $(SIM_LONG) ## 10^6 of them
	$(Q)SEEDS=1000000 tests/run $(SIM_LONG)

$(SIM): $(SIM_SOURCES) $(wildcard src/core/*.h tests/unit/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SIM_FLAGS) -fsanitize=$(SAN) -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -ljson-c -luuid

$(SIM_LONG): $(SIM_SOURCES) $(wildcard src/core/*.h tests/unit/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SIM_FLAGS) -o $@ $(filter %.c,$^) -ljson-c -luuid
