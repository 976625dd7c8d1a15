# SPDX-License-Identifier: GPL-2.0-or-later
# Packages of the commit that is checked out, and their tests, which download two Debians.
MAINTAINER := migtrace maintainers <maintainers@users.noreply.r-seed-645ca4dc.example>
PACKAGE ?= $(O)/package
DEB_PACKAGES := debhelper dpkg-dev git lintian
RPM_PACKAGES := git rpm rpmlint
PACKAGE_TEST_PACKAGES := debootstrap blhc bash-completion zsh fish python3 mandoc

# What boots a Debian to install them in.
SYSTEMD_TEST_PACKAGES := debootstrap e2fsprogs qemu-system-x86 python3

.PHONY: deb rpm deb-packages rpm-packages check-packages check-systemd
deb: ## Debian's packages of this commit, to build/package/deb, and lintian's word on them
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(FLEET_DEV_PACKAGES) $(DEB_PACKAGES)
	$(Q)O=$(O) tools/as-owner $(MAKE) --no-print-directory deb-packages
	$(Q)lintian --allow-root --pedantic -EvI --fail-on error,warning,info,pedantic,experimental $(PACKAGE)/deb/*.changes

rpm: ## Fedora's packages of this commit, to build/package/rpm, and rpmlint's word on them
	$(Q)tools/install-packages $(BUILD_PACKAGES) $(FLEET_DEV_PACKAGES) $(RPM_PACKAGES)
	$(Q)O=$(O) tools/as-owner $(MAKE) --no-print-directory rpm-packages
	$(Q)rpmlint -c tools/package/rpmlint.toml $(PACKAGE)/rpm/*.rpm

# Every Debian that builds has gcc and make.
deb-packages:
	$(Q)tools/package/make-deb $(abspath $(PACKAGE)/deb) '$(MAINTAINER)' \
		'$(strip $(filter-out gcc make,$(BUILD_PACKAGES) $(FLEET_DEV_PACKAGES)))' '$(strip $(LAB_PACKAGES))'

# Fedora's packages are named by pkg-config's names.
rpm-packages:
	$(Q)tools/package/make-rpm $(abspath $(PACKAGE)/rpm) '$(MAINTAINER)' '$(sort $(PACKAGES) $(FLEET_PACKAGES)) libdebuginfod'

check-packages: all report fleet ## the packages in roots of Debian 12 and 13, completion in all shells (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(PACKAGE_TEST_PACKAGES)
	$(Q)$(MAKE) --no-print-directory deb rpm
	$(Q)O=$(O) SHELLS=all tests/run tests/package/package_test.py tests/cli/completion_test.py

check-systemd: lab ## the package in machines of their own, with Debian 12's and 13's kernel and systemd (root)
	$(Q)tools/check-host
	$(Q)tools/install-packages $(DEB_PACKAGES) $(SYSTEMD_TEST_PACKAGES)
	$(Q)$(MAKE) --no-print-directory deb
	$(Q)O=$(O) tests/run tests/package/systemd_test.py
