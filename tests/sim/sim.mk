# SPDX-License-Identifier: GPL-2.0-or-later
# Simulated migrations through the real writer, reader, correlator and estimator; SEEDS of them.
SIM := $(O)/sim/figures_sim
SIM_LONG := $(O)/sim/figures_sim_long

.PHONY: check-sim check-sim-long
check-sim: $(SIM) ## 10^4 simulated migrations, under ASan and UBSan
	$(Q)tests/run $(SIM)

check-sim-long: $(SIM_LONG) ## 10^6 of them
	$(Q)SEEDS=1000000 tests/run $(SIM_LONG)

SIM_OBJECTS := tests/sim/figures_sim.o tests/sim/clocks.o tests/sim/move.o tests/unit/simulation.o migtrace.a

$(SIM): $(addprefix $(O)/sanitized/,$(SIM_OBJECTS))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -ljson-c -luuid -lm

$(SIM_LONG): $(addprefix $(O)/,$(SIM_OBJECTS))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -ljson-c -luuid -lm

$(O)/tests/sim/%.o: FLAGS += -Itests/unit
