# SPDX-License-Identifier: GPL-2.0-or-later
# Mutants of the core and of the BPF programs: not part of check, as it takes an hour.
# The core is a shared library here, so that of a change one object is compiled, and no test is linked anew.
MUTANTS := $(O)/mutants/base
MUTANT_FLAGS := $(FLAGS) $(SAN_FLAGS) -fPIC
MUTANT_OBJECTS := $(patsubst %.c,$(MUTANTS)/%.o,$(CORE) $(wildcard src/base/*.c))
MUTANT_LIBRARY := $(MUTANTS)/libmigtrace-core.so
MUTANT_LINK = $(CC) $(SAN_FLAGS) -o $@ $(filter %.o,$^) -L$(MUTANTS) -lmigtrace-core $(O)/sanitized/migtrace.a
MUTANT_UNIT := $(patsubst $(O)/unit/%,$(MUTANTS)/unit/%,$(filter-out $(O)/unit/fleet_%,$(UNIT_TESTS)))
MUTANT_REPLAY := $(patsubst $(O)/%,$(MUTANTS)/%,$(REPLAY_TEST))

.PHONY: mutants
mutants: all fixture $(MUTANT_UNIT) $(MUTANT_REPLAY) $(MUTANTS)/sim/figures_sim $(MUTANTS)/sanitized/migtrace $(MUTANTS)/commands ## 160 changes of the core and of BPF, of which tests have to find 98 in 100; COUNT, ONLY, JOBS (root)
	$(Q)O=$(O) tests/mutants/mutants

$(MUTANTS)/src/%.o: src/%.c $(O)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MUTANT_FLAGS) -c -o $@ $<

$(MUTANTS)/src/base/version.o: $(O)/commit.h

$(MUTANT_LIBRARY): $(MUTANT_OBJECTS)
	$(Q)$(CC) $(SAN_FLAGS) -shared -o $@ $^

$(MUTANTS)/unit/%: $(O)/sanitized/tests/unit/%.o $(O)/sanitized/tests/unit/simulation.o $(O)/sanitized/migtrace.a | $(MUTANT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(MUTANT_LINK) -lcmocka -ljson-c -luuid -lm

$(MUTANTS)/replay/%: $(addprefix $(O)/sanitized/tests/,replay/%.o replay/rows.o replay/seen.o replay/edit.o unit/simulation.o) $(O)/sanitized/migtrace.a | $(MUTANT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(MUTANT_LINK) -lcmocka -ljson-c -luuid -lm

$(MUTANTS)/sim/figures_sim: $(addprefix $(O)/sanitized/,tests/sim/figures_sim.o $(SIM_OBJECTS)) | $(MUTANT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(MUTANT_LINK) -ljson-c -luuid -lm

# The program that only reads: all that is tested of it is the core.
$(MUTANTS)/sanitized/migtrace: $(O)/sanitized/src/main.o $(O)/sanitized/migtrace.a | $(MUTANT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(MUTANT_LINK) $(READER_LIBRARIES)

# By which commands a changed file becomes what is tested.
$(MUTANTS)/commands: FORCE
	+$(Q)mkdir -p $@
	+$(Q)echo '$(CC) $(MUTANT_FLAGS)' >$@/core
	+$(Q)echo '$(CLANG) $(BPF_FLAGS)' >$@/bpf
	+$(Q)echo '$(BPFTOOL) gen skeleton' >$@/skeleton
	+$(Q)echo '$(HAVE_SKELETON:%=src/probe/kernel/%.c)' >$@/skeleton-users
	+$(Q)echo '$(CC) $(subst -I$(O),-IFOLDER -I$(O),$(FLAGS))' >$@/program
	+$(Q)echo '$(CC) $(FLAGS) $(LDFLAGS) $(filter-out $(FLEET_OBJECTS),$(OBJECTS)) $(LIBRARIES)' >$@/link

-include $(MUTANT_OBJECTS:.o=.d)
