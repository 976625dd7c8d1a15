/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes over a guest's RAM, and where they were leading, in a report's page. */
"use strict";

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/* As in base/bytes.c. */
const sayBytes = bytes => {
	let value = bytes / 1024, unit = 0;

	for (; value >= 1000 && unit + 1 < UNITS.length; unit++)
		value /= 1024;
	return `${value.toFixed(value > 0 && value < 10 ? 1 : 0)} ${UNITS[unit]}`;
};

const sayRate = (bytes, ns) => bytes === null || !ns ? "-" : `${sayBytes(bytes * 1e9 / ns)}/s`;

const sayMiss = (foreseen, came) => known(came) && came.est_ns > 0
	? ` (${foreseen < came.est_ns ? "-" : "+"}${Math.abs(100 * (foreseen / came.est_ns - 1)).toFixed(0)} %)` : "";

const sayRemedy = ({downtime_limit_ms: limit, throttle_percent: throttle, bytes_per_s: rate}) => ["post-copy",
	limit === null ? null : `a downtime limit of ${limit} ms`,
	throttle === null ? null : `vCPUs slowed down by ${throttle} %`,
	rate === null ? null : `${sayBytes(rate)}/s of bandwidth`].filter(Boolean).join(", ");

const sayForecast = ({forecast, elapsed, downtime}) => forecast.unknown ? `Not foreseen: ${forecast.unknown}.`
	: !forecast.completes ? "The passes come to no end: " +
		`${sayBytes(forecast.dirtied_bytes_per_s)}/s made dirty, ${sayBytes(forecast.ram_bytes_per_s)}/s of RAM sent. ` +
		`Any of these ends them: ${sayRemedy(forecast.would_help)}.`
	: `Foreseen at ${decimal(round(forecast.made_ns, 1e5), 1)} ms: ` +
		`elapsed ${decimal(round(forecast.elapsed_ns, 1e5), 1)} ms${sayMiss(forecast.elapsed_ns, elapsed)}, ` +
		`downtime ${decimal(round(forecast.downtime_ns, 1e5), 1)} ms${sayMiss(forecast.downtime_ns, downtime)}` +
		`${forecast.first_pass ? "; what the guest makes dirty was not known yet" : ""}.`;

const drawPass = pass => element("tr", {},
	element("td", {}, `${pass.number ?? "?"}${pass.guest_stopped ? ", guest stopped" : ""}`),
	[fine(pass.at_ns), pass.length_ns === null ? "-" : fine(pass.length_ns),
		pass.remaining_bytes === null ? "-" : sayBytes(pass.remaining_bytes),
		sayRate(pass.ram_bytes, pass.length_ns), sayRate(pass.sent_bytes, pass.length_ns),
		sayRate(pass.dirtied_bytes, pass.length_ns),
		pass.throttle_percent === null ? "-" : `${pass.throttle_percent} %`,
		pass.downtime_limit_ms === null ? "-" : String(pass.downtime_limit_ms),
		pass.expected_downtime_ms === null ? "-" : String(pass.expected_downtime_ms)]
		.map(text => element("td", {class: "number"}, text)));

/* Without QEMU's counters they are in the timeline alone. */
const drawPasses = report => report.passes.every(pass => pass.remaining_bytes === null) ? []
	: element("details", {id: "passes"},
		element("summary", {}, `Passes over the guest's RAM: ${report.passes.length + report.passes_left_out}`),
		element("p", {}, sayForecast(report)),
		table({}, ["Pass", ...["begins, ms", "length, ms", "to send", "RAM sent", "on the wire", "made dirty", "slowed", "limit, ms",
			"expected, ms"].map(head => [head, "number"])], report.passes.map(drawPass)));
