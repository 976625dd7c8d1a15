/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings of where time went: why a downtime, a page stall or a whole migration was long. */
#include <assert.h>
#include <string.h>

#include "core/account/finding_row.h"
#include "core/account/finding_shares.h"
#include "core/standstill/part_names.h"

#define MS	       1000000
#define QEMUS_LIMIT_MS 300 /* QEMU's default downtime-limit */
#define USUAL_MSS      1200

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static int64_t last_ram_ms(const struct account *account)
{
	const struct breakdown *breakdown = &account->figures.breakdown;
	int64_t ns = 0;

	for (size_t i = 0; i < breakdown->count; i++)
		if (!strcmp(breakdown->part[i].name, PART_LAST_RAM))
			ns += breakdown->part[i].duration.est_ns;
	assert(breakdown->count <= PARTS_MAX);
	return ns / MS;
}

/*
 * QEMU stops the guest when the rate that it had until then would send the rest within its limit:
 * where that took a quarter longer, the rate was another one (QEMU's
 * migration_update_counters()).
 */
static bool rate_fell(const struct account *account)
{
	const struct opt_i64 *limit = &account->figures.expected.limit;

	return limit->known && account->flavour.postcopy != ANSWER_YES &&
	       last_ram_ms(account) / 5 * 4 > limit->v;
}

/* Those of Ethernet's usual 1500 bytes have 1428 at least, by IPv6; tunnels take some of that. */
static bool has_small_segments(const struct account *account)
{
	return account->figures.mss && account->figures.mss < USUAL_MSS;
}

static bool has_usual_segments(const struct account *account)
{
	return !has_small_segments(account);
}

/* QEMU's default would not have let it take so long, and it took no longer than it was let. */
static bool limit_was_raised(const struct account *account)
{
	const struct opt_i64 *limit = &account->figures.expected.limit;

	return limit->known && limit->v > QEMUS_LIMIT_MS && last_ram_ms(account) > QEMUS_LIMIT_MS &&
	       !rate_fell(account);
}

bool downtime_is_long(const struct account *account)
{
	int64_t limit_ms = opt_or(account->figures.expected.limit, QEMUS_LIMIT_MS);
	const struct quantity *downtime = &account->figures.downtime;

	assert(!downtime->known || !downtime->why_unknown);
	return account->figures.breakdown.count && downtime->known &&
	       downtime->lo_ns / MS > (limit_ms > QEMUS_LIMIT_MS ? limit_ms : QEMUS_LIMIT_MS);
}

static struct quantity downtime_of(const struct account *account)
{
	return account->figures.downtime;
}

/* With the definition that is to stay on the destination. */
static bool has_long_cookie(const struct account *account)
{
	const struct side *destination = account->side[ROLE_DESTINATION].side;

	return destination && destination->cookie && destination->cookie->cookie.len >= LONG_BYTES;
}

#define BY_WORK	   "The scheduler's switches of the threads that had their turn show it. "
#define BY_NAME(x) "Most of the downtime is in: " x ". "

static const struct finding_row rows[] = {
	{{"MT024", "lock-held", FINDING_TIME,
	  "Another call to libvirt had the lock or the job that the migration waited for.",
	  BY_WORK "They slept until the thread of that call let go; the report names the call.",
	  "It does not say which client made that call.",
	  "have clients, monitoring before all, ask less of a guest that migrates",
	  "virt-admin client-list virtqemud"},
	 .signs = {SIGN_HELD, NULL, NULL}},
	{{"MT025", "process-stopped", FINDING_TIME,
	  "A process that had to act was stopped by a signal (SIGSTOP).",
	  BY_WORK "They slept in do_signal_stop.",
	  "It does not say who sent the signal, nor that the process is slow.",
	  "find what stops QEMU or libvirt: a debugger, a script, a cgroup manager",
	  "pgrep --runstates T --list-full ."},
	 .signs = {SIGN_SLEPT, NULL, LIST("do_signal_stop")}},
	{{"MT026", "process-traced", FINDING_TIME,
	  "A debugger or tracer (ptrace) held a process that had to act.",
	  BY_WORK "They slept in ptrace_stop.", "It does not say who traces it.",
	  "end strace, gdb and whatever else is attached to QEMU or libvirt",
	  "grep --with-filename TracerPid:.*[1-9] /proc/[0-9]*/status"},
	 .signs = {SIGN_SLEPT, NULL, LIST("ptrace_stop")}},
	{{"MT027", "process-frozen", FINDING_TIME,
	  "A process that had to act was frozen together with its cgroup.",
	  BY_WORK "They slept in the freezer.", "It does not say who froze it.",
	  "find what freezes QEMU's or libvirt's cgroup", NULL},
	 .signs = {SIGN_SLEPT, NULL, LIST("do_freezer_trap", "__refrigerator")}},
	{{"MT028", "cpu-quota", FINDING_TIME,
	  "Threads that had to act had used up the CPU quota of their cgroup.",
	  BY_WORK "They wanted a CPU, and their cgroup was throttled for as long.",
	  "It does not say that the host is busy.",
	  "raise or remove the quota, at least while it migrates; this shows it",
	  "virsh schedinfo %s"},
	 .signs = {SIGN_THROTTLED, NULL, NULL}},
	{{"MT029", "no-cpu", FINDING_TIME,
	  "Threads that had to act wanted a CPU, and others had it.",
	  BY_WORK "They were runnable, and not throttled by a quota.",
	  "It does not say who had the CPU.",
	  "give QEMU's threads CPUs that nothing else uses; this shows where they may run",
	  "virsh emulatorpin %s"},
	 .signs = {SIGN_NO_CPU, NULL, NULL}},
	{{"MT030", "paging", FINDING_TIME,
	  "Memory of a process that had to act had to come back from swap or a file.",
	  BY_WORK "They slept until a page was read.", "It does not concern the guest's own swap.",
	  "give the host, or the memory cgroup, more memory; lock the guest's in it",
	  "virsh memtune %s"},
	 .signs = {SIGN_SLEPT, NULL,
		   LIST("do_swap_page", "swap_readpage", "swap_read_folio",
			"swap_read_folio_bdev_sync", "filemap_fault", "reclaim_throttle",
			"throttle_direct_reclaim", "shrink_folio_list", "shrink_page_list",
			"mem_cgroup_handle_over_high", "__mem_cgroup_handle_over_high")}},
	{{"MT031", "suspended", FINDING_TIME,
	  "The guest was stopped before the switchover, and was down from then on.",
	  BY_NAME("stopped before the switchover"),
	  "It does not say why: a client, a timeout, its own panic, or no --live.",
	  "find what stopped it: a suspend, a panic, a full disk, or no --live", NULL},
	 .signs = {SIGN_PART, LIST(PART_SUSPENDED), NULL}},
	{{"MT032", "slow-disk", FINDING_TIME,
	  "The source's disk took long to finish what the guest had written.",
	  BY_NAME("block drain, block flush or block inactivate, on the source") "QEMU slept "
										 "there.",
	  "It does not say which of several disks it was.",
	  "use a faster disk, or a cache mode that keeps less to flush: cache='none'",
	  "virsh domblkstat %s --human"},
	 .signs = {SIGN_SLEPT, LIST(PART_BLOCK_DRAIN, PART_BLOCK_FLUSH, PART_BLOCK_INACTIVATE),
		   NULL}},
	{{"MT033", "slow-disk-destination", FINDING_TIME,
	  "The destination's QEMU took long to take its disks over.",
	  BY_NAME("block activate, on the destination") "QEMU slept there.",
	  "It does not say which of several disks it was.",
	  "see the disks' locks and their speed from the destination",
	  "virsh domblklist %s --details"},
	 .signs = {SIGN_SLEPT, LIST(PART_BLOCK_ACTIVATE), NULL}},
	{{"MT034", "slow-names", FINDING_TIME,
	  "The destination's libvirt looked its own host name up, and got no answer.",
	  BY_NAME("libvirt, cookie and host name") "Its thread waited for a socket there.",
	  "It does not say that other names are slow.",
	  "put the destination's own name into its /etc/hosts, until this is fast there",
	  "getent hosts $(hostname)"},
	 .signs = {SIGN_SLEPT, LIST(PART_HOST_NAME),
		   LIST("do_sys_poll", "do_poll", "ep_poll", "do_epoll_wait", "do_select",
			"unix_stream_read_generic", "unix_stream_data_wait", "sk_wait_data",
			"__skb_wait_for_more_packets")}},
	{{"MT035", "raised-limit", FINDING_TIME,
	  "QEMU was allowed to take so long: its downtime limit is above the default of 300 ms.",
	  BY_NAME("last RAM") "It took more than 300 ms, and the limit in force is known.",
	  "It does not say that the limit is wrong: with less it might never have completed.",
	  "lower the limit, and send faster", "virsh migrate-setmaxdowntime %s 300"},
	 .applies = limit_was_raised,
	 .signs = {SIGN_WORK, LIST(PART_LAST_RAM), NULL}},
	{{"MT036", "slow-send", FINDING_TIME,
	  "The last RAM was sent more slowly than QEMU had measured before.",
	  BY_NAME("last RAM") "It took a quarter longer than the limit, and QEMU slept for "
			      "room to send.",
	  "It does not say whether the network or the destination was slow to take it.",
	  "see what else uses the network, and what CPU the destination's QEMU may have",
	  "ss --tcp --info"},
	 .applies = rate_fell,
	 .signs = {SIGN_SLEPT, LIST(PART_LAST_RAM),
		   LIST("sk_stream_wait_memory", "sock_alloc_send_pskb")}},
	{{"MT037", "last-ram", FINDING_TIME,
	  "The memory that the guest had written to last took long to send.", BY_NAME("last RAM"),
	  "It does not say that the network is slow: a guest may write faster than any.",
	  "lower the limit, have the guest slowed down (--auto-converge), or send faster",
	  "virsh migrate-getmaxdowntime %s"},
	 .applies = has_usual_segments,
	 .signs = {SIGN_WORK, LIST(PART_LAST_RAM), NULL}},
	{{"MT038", "slow-stream", FINDING_TIME,
	  "The end of the stream, or the post-copy package, took long to send.",
	  BY_NAME("stream's end, flush or post-copy package") "QEMU slept there.",
	  "It does not say whether the network or the destination was slow to take it.",
	  "see what else uses the network when guests move", "ss --tcp --info"},
	 .signs = {SIGN_SLEPT, LIST(PART_STREAM_END, PART_POST_COPY_PACKAGE), NULL}},
	{{"MT039", "slow-load", FINDING_TIME,
	  "The destination's QEMU took long to load the devices.",
	  BY_NAME("wait for destination to load, or wait for QEMU to load"),
	  "It does not say why: many devices or vCPUs, and little CPU or memory, look the same.",
	  "see what CPU and memory its QEMU may have; record with --devices to see which one",
	  NULL},
	 .signs = {SIGN_WORK, LIST(PART_LOAD_AWAITED, PART_LOAD), NULL}},
	{{"MT040", "device-state", FINDING_TIME, "The source's QEMU took long to save the devices.",
	  BY_NAME("device state"), "It does not say which device it was.",
	  "record again with --devices, which shows the slowest device", NULL},
	 .signs = {SIGN_WORK, LIST(PART_DEVICE_STATE), NULL}},
	{{"MT041", "slow-call", FINDING_TIME,
	  "libvirt's call of Finish was long on its way to the destination's libvirt.",
	  BY_NAME("Finish call in transit"),
	  "It does not say whether the network was slow, or a daemon that had to read it.",
	  "see the network between the daemons, which may be another than QEMU's",
	  "ss --tcp --info"},
	 .signs = {SIGN_PART, LIST(PART_FINISH_CALL), NULL}},
	{{"MT042", "slow-client", FINDING_TIME,
	  "The client that drives the migration, or the way to it, was slow.",
	  BY_NAME("client, calls in transit"), "It does not say which of the two it was.",
	  "let libvirt do it: --p2p spares the client while the guest is down",
	  "virsh migrate --live --p2p %s DESTINATION"},
	 .signs = {SIGN_PART, LIST(PART_CLIENT), NULL}},
	{{"MT043", "busy-libvirt", FINDING_TIME,
	  "The destination's libvirt had the call of Finish, and did not begin with it.",
	  BY_NAME("worker queue, dispatch and domain lock"),
	  "It does not say who keeps its workers busy, or has the domain's lock.",
	  "see which calls wait there; max_workers in its configuration allows more",
	  "virt-admin srv-threadpool-info virtqemud"},
	 .signs = {SIGN_PART,
		   LIST(PART_WORKER_QUEUE, PART_DISPATCH_AND_DOMAIN_LOCK,
			PART_WORKER_QUEUE_AND_DOMAIN_LOCK),
		   NULL}},
	{{"MT044", "busy-qemu", FINDING_TIME,
	  "A command of libvirt's to QEMU took long to be answered.",
	  BY_NAME("QMP, with the command"),
	  "It does not say what QEMU did meanwhile, nor that libvirt read the answer at once.",
	  "see what else asks that QEMU: statistics, backups, other monitors",
	  "virsh qemu-monitor-event %s --loop --timestamp"},
	 .signs = {SIGN_WORK, LIST(PART_QMP), NULL}},
	{{"MT045", "slow-start", FINDING_TIME,
	  "libvirt waited long before it had the destination's QEMU start the guest.",
	  BY_NAME("libvirt, lock and network") "Its thread slept there.",
	  "It does not say what for: disk locks, the guest's network, or another call.",
	  "see the lock manager, and what brings the guest's interfaces up", "virsh domiflist %s"},
	 .signs = {SIGN_SLEPT, LIST(PART_LOCK_AND_NETWORK), NULL}},
	{{"MT046", "slow-vcpus", FINDING_TIME, "The vCPUs took long to stop, or to start again.",
	  BY_NAME("all vCPUs seen stopped, start preparation, start notifiers or vCPU wake-up"),
	  "It does not say that they had no CPU: that is another finding.",
	  "see the number of vCPUs, and devices that stop and start with them (vhost, vfio)",
	  "virsh vcpuinfo %s"},
	 .signs = {SIGN_WORK,
		   LIST(PART_VCPUS_STOPPED, PART_STOP_NOTIFIERS, PART_START_PREPARATION,
			PART_RESUME, PART_START_NOTIFIERS, PART_VCPU_WAKE_UP),
		   NULL}},
	{{"MT047", "postcopy-stalls", FINDING_ELAPSED,
	  "After post-copy the guest waited long for its pages.",
	  "QEMU asked for pages that the guest touched, and put them in place later.",
	  "It is no part of the downtime, and stalls of several vCPUs may overlap.",
	  "begin post-copy later, when less is missing, or send faster",
	  "virsh migrate-getspeed %s --postcopy"},
	 .share = share_of_stalls},
	{{"MT048", "slow-begin", FINDING_ELAPSED,
	  "It took long until the source's libvirt called Prepare on the destination.",
	  "Perform began three seconds before that at least, and a fifth of the whole went to it.",
	  "It does not say what held it: names, the network, TLS, or another job of the guest's.",
	  "see the names, the network and TLS between the daemons",
	  "virsh -c qemu+tls://DESTINATION/system uri"},
	 .share = share_of_begin},
	{{"MT049", "slow-prepare", FINDING_ELAPSED,
	  "The destination took long to prepare for the guest.",
	  "Prepare ran for three seconds at least, and for a fifth of the whole.",
	  "It is no part of the downtime.",
	  "see hooks, scripts of interfaces, and the start of QEMU there", "ls /etc/libvirt/hooks"},
	 .share = share_of_prepare},
	{{"MT050", "unattributed", FINDING_TIME,
	  "The downtime was long, and nothing that is known explains most of it.",
	  "It was longer than QEMU's limit, and no other finding explains a fifth of it.",
	  "It does not say that nothing is wrong.",
	  "see where the downtime went, and record again with --devices", NULL},
	 .applies = downtime_is_long,
	 .signs = {SIGN_OTHERWISE, NULL, NULL},
	 .share = downtime_of},
	{{"MT051", "long-description", FINDING_ELAPSED,
	  "The guest's description is very long, and took the destination long to prepare.",
	  "The call of Prepare had 256 KiB at least, and took a second, and a fifth of all.",
	  "It does not say how much of that a short description would have taken.",
	  "see what makes it so long: often what a manager keeps in its metadata",
	  "virsh dumpxml %s"},
	 .share = share_of_description},
	{{"MT052", "long-cookie", FINDING_TIME,
	  "The call of Finish had the guest's description with it, which is very long.",
	  BY_NAME("cookie, Finish call in transit, host name") "The cookie had 256 KiB at least.",
	  "It does not say that the network is slow.",
	  "make it shorter; without --persistent it is not part of that call", "virsh dumpxml %s"},
	 .applies = has_long_cookie,
	 .signs = {SIGN_WORK, LIST(PART_COOKIE, PART_FINISH_CALL, PART_HOST_NAME), NULL}},
	{{"MT053", "no-convergence", FINDING_ELAPSED,
	  "Its passes over the guest's RAM came to no end: more was made dirty than sent.",
	  "A model of the guest was fitted to two passes or more, and foresaw no last one.",
	  "It does not say that the guest goes on so: with less to do it may be moved.",
	  "let post-copy end it, or slow the guest down, or let it stand still for longer",
	  "virsh migrate --live --p2p --auto-converge %s URI"},
	 .share = share_of_passes},
	{{"MT054", "late-network", FINDING_ELAPSED,
	  "The network brought the guest nothing for long after it ran again.",
	  "Frames came half a second later than the guest ran, though they were on their way.",
	  "It does not say whether a switch or a bridge was late, or the guest's interface.",
	  "see when its interface joined the bridge, and what switches had learned of it",
	  "bridge fdb show"},
	 .share = share_of_network},
	{{"MT055", "small-segments", FINDING_TIME,
	  "The last RAM took long to send, in TCP segments that are small.",
	  BY_NAME("last RAM") "The source's segments had less than 1200 bytes.",
	  "It does not say how long it would have taken in larger ones.",
	  "raise the MTU of the network that migrations take, on all of the way", "ip link show"},
	 .applies = has_small_segments,
	 .signs = {SIGN_WORK, LIST(PART_LAST_RAM), NULL}},
	{{"MT056", "brownout", FINDING_ELAPSED,
	  "The guest was slowed down for long before it was stopped.",
	  "Its vCPUs lost three seconds each at least, and a fifth of their time.",
	  "It is no part of the downtime, and none where the guest had nothing to do.",
	  "see the cause: auto-converge, other load on the host's CPUs, or a quota",
	  "virsh schedinfo %s"},
	 .share = share_of_brownout},
};

struct finding_rows finding_times(void)
{
	static_assert(sizeof(rows) / sizeof(rows[0]) < FINDINGS_MAX, "all may apply at once");
	return (struct finding_rows){rows, sizeof(rows) / sizeof(rows[0])};
}
