# SPDX-License-Identifier: GPL-2.0-or-later
# Simulated migrations, and days of a fleet, through the real writer, reader, correlator and estimator; SEEDS of them.
SIM := $(O)/sim/figures_sim $(O)/sim/fleet_sim
SIM_LONG := $(O)/sim/figures_sim_long
FLEET_SIM_LONG := $(O)/sim/fleet_sim_long
SIM_OBJECTS := tests/sim/clocks.o tests/sim/move.o tests/sim/told.o tests/unit/simulation.o migtrace.a

.PHONY: check-sim check-sim-long
check-sim: $(SIM) ## 10^4 simulated migrations and 40 days of a fleet, under ASan and UBSan
	$(Q)tests/run $(SIM)

check-sim-long: $(SIM_LONG) $(FLEET_SIM_LONG) ## 10^6 of them, and more than ten years of a host
	$(Q)SEEDS=1000000 tests/run $(SIM_LONG)
	$(Q)SEEDS=1000 tests/run $(FLEET_SIM_LONG)

$(O)/sim/figures_sim: $(addprefix $(O)/sanitized/,tests/sim/figures_sim.o $(SIM_OBJECTS))
$(O)/sim/fleet_sim: $(addprefix $(O)/sanitized/,tests/sim/fleet_sim.o tests/sim/fleet.o $(SIM_OBJECTS))
$(SIM):
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN_FLAGS) -o $@ $^ -ljson-c -luuid -lm

$(SIM_LONG): $(addprefix $(O)/,tests/sim/figures_sim.o $(SIM_OBJECTS))
$(FLEET_SIM_LONG): $(addprefix $(O)/,tests/sim/fleet_sim.o tests/sim/fleet.o $(SIM_OBJECTS))
$(SIM_LONG) $(FLEET_SIM_LONG):
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -ljson-c -luuid -lm

$(O)/tests/sim/%.o: FLAGS += -Itests/unit
