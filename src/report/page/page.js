/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report's page: the list of migrations, two of them compared, and all that is known of one. */

const FIGURES = [
	["downtime", "downtime"], ["downtime_net", "downtime_net"], ["blackout", null],
	["transfer", null], ["elapsed", "time_elapsed"], ["elapsed_net", "time_elapsed_net"],
	["announced", null], ["network_in", null], ["network_out", null],
	["disk_blackout", null],
	["brownout_before", null], ["brownout_after", null],
	["tsc_lag", null], ["kvmclock_lag", null],
];

/* The list of all migrations. */

const COLUMNS = [
	["Domain", report => sayName(report)],
	["Source → destination", report => `${sayHost(report, "source")} ${sayHost(report, "destination")}`],
	["Started (UTC)", report => report.started_real_ns || null],
	["Outcome", report => report.outcome],
	["Downtime, ms", report => estimate(report.downtime), "number"],
	["", null],
	["(log scale)", null, "bar"],
	["Elapsed, ms", report => estimate(report.elapsed), "number"],
	["", null],
	["Longest part", report => longest(report) && sayPart(longest(report))],
];

const compareKeys = (a, b) => {
	if (a === null || b === null)
		return (a === null) - (b === null);
	return typeof a === "string" ? a.localeCompare(b) : a - b;
};

/* Unknown ones are last, whichever way. */
const sorted = (state, order) => {
	const key = COLUMNS[state.column][1];
	const keys = state.all.map(one => key(one.report));

	return [...order].sort((a, b) => {
		const way = keys[a] === null || keys[b] === null ? 1 : state.way;

		return way * compareKeys(keys[a], keys[b]) || a - b;
	});
};

/* Where the downtime is between the shortest and the longest of all, by its order of size. */
const downtimeDot = (quantity, [least, most]) => {
	const picture = shape("svg", {viewBox: "0 0 100 12", "aria-hidden": "true"});
	const x = ns => most > least ? 4 + 92 * Math.log(ns / least) / Math.log(most / least) : 50;

	picture.append(shape("line", {class: "grid", x1: 4, x2: 96, y1: 6, y2: 6}));
	if (known(quantity) && quantity.lo_ns > 0)
		picture.append(
			shape("rect", {class: "band", x: x(quantity.lo_ns), y: 1, height: 10,
				       width: x(quantity.hi_ns) - x(quantity.lo_ns)}),
			shape("circle", {class: "whole", cx: x(quantity.est_ns), cy: 6, r: 3.5}));
	return picture;
};

const quantityCells = quantity => {
	if (!known(quantity))
		return [element("td", {class: "unknown", colspan: 2, title: quantity.unknown}, "unknown")];
	const [value, error] = split(quantity);

	return [element("td", {class: "number"}, value),
		element("td", {class: "error"}, error && `±${error}`)];
};

const listRow = (state, index, range) => {
	const {report, timeline} = state.all[index], part = longest(report);
	const box = element("input", {
		type: "checkbox", "aria-label": `compare ${sayName(report)}`, disabled: !timeline,
		title: timeline ? null : "only its figures are in this page",
		change: () => state.mark(index),
	});

	box.checked = state.marked.includes(index);
	return element("tr", {class: index === state.chosen ? "chosen" : null, "data-index": state.all[index].index},
		element("td", {class: "choose"}, box),
		element("td", {}, element("button", {
			type: "button", "aria-current": index === state.chosen ? "true" : null,
			title: report.domain.uuid, click: () => state.choose(index),
		}, sayName(report))),
		element("td", {}, `${sayHost(report, "source")} → ${sayHost(report, "destination")}`),
		element("td", {class: "when"}, sayWhen(report)),
		element("td", {class: report.outcome === "completed" ? "word" : "word bad"}, report.outcome),
		quantityCells(report.downtime),
		element("td", {class: "bar"}, downtimeDot(report.downtime, range)),
		quantityCells(report.elapsed),
		element("td", {}, part ? sayPart(part) : ""));
};

const listHead = state => COLUMNS.map(([text, key, kind], column) => element("th", {
	scope: "col", class: kind,
	"aria-sort": !key || column !== state.column ? null
		: state.way > 0 ? "ascending" : "descending",
}, key ? element("button", {type: "button", click: () => state.sort(column)},
	text + (column !== state.column ? "" : state.way > 0 ? " ▲" : " ▼")) : text));

/* Drawing thousands of rows takes seconds: some, and then more. */
const drawList = state => {
	const times = state.all.map(one => estimate(one.report.downtime)).filter(ns => ns > 0);
	const range = [times.reduce((a, b) => Math.min(a, b), Infinity), times.reduce((a, b) => Math.max(a, b), 0)];
	const order = sorted(state, state.shown), rest = order.length - state.rows;

	return element("div", {class: "scroll", tabindex: order.length > 10 ? 0 : null},
		element("table", {class: "list-table"},
			element("thead", {}, element("tr", {},
				element("th", {class: "choose", scope: "col"}, "Compare"), listHead(state))),
			element("tbody", {}, order.slice(0, state.rows).map(i => listRow(state, i, range)))),
		rest > 0 ? element("p", {class: "more"}, element("button", {type: "button", click: () => state.more()},
			`${Math.min(rest, ROWS_SHOWN)} more of ${rest}`)) : null);
};

/* Which are listed: by what stands in their rows. */

const textOf = ({report}) => [report.domain.name, report.domain.uuid, sayHost(report, "source"),
	sayHost(report, "destination")].join(" ").toLowerCase();

const isWanted = (one, {text, outcome}) =>
	(!outcome || one.report.outcome === outcome) && (!text || textOf(one).includes(text));

const drawFilters = state => {
	const outcomes = [...new Set(state.all.map(one => one.report.outcome))].sort();
	const change = () => state.filter();

	return element("p", {class: "controls"},
		element("label", {}, "Show ", element("input", {id: "filter-text", type: "search", size: 30, input: change,
								placeholder: "domain, UUID or host"})),
		element("label", {}, "outcome ", element("select", {id: "filter-outcome", change},
			["", ...outcomes].map(outcome => element("option", {value: outcome}, outcome || "any")))),
		element("span", {class: "faint", id: "filter-count"}));
};

/* The distribution of downtime: how many in each of some classes, which widen by the same factor. */

const CLASS_EDGES = [1, 1.5, 2.2, 3.2, 4.7, 6.8];

const niceEdge = index => {
	const per = CLASS_EDGES.length;

	return CLASS_EDGES[((index % per) + per) % per] * 10 ** Math.floor(index / per) * 1e6;
};

const edgeBelow = ns => {
	let index = Math.floor(Math.log10(Math.max(ns, 1) / 1e6) * CLASS_EDGES.length);

	while (niceEdge(index) > ns)
		index--;
	while (niceEdge(index + 1) <= ns)
		index++;
	return index;
};

const sayEdge = ns => ns < 1e9 ? `${Number((ns / 1e6).toPrecision(2))} ms` : `${Number((ns / 1e9).toPrecision(2))} s`;

const median = values => values.length % 2 ? values[(values.length - 1) / 2]
	: (values[values.length / 2 - 1] + values[values.length / 2]) / 2;

const histogram = values => {
	const first = edgeBelow(values[0]), last = edgeBelow(values[values.length - 1]);
	const counts = Array(last - first + 1).fill(0);
	const width = 960, height = 120, step = (width - 40) / counts.length;
	let most = 0;

	for (const value of values)
		most = Math.max(most, ++counts[edgeBelow(value) - first]);
	return shape("svg", {viewBox: `0 0 ${width} ${height + 24}`, role: "img",
			     "aria-label": `downtime of ${values.length} migrations in ${counts.length} classes`},
		counts.map((count, i) => [
			shape("rect", {class: "whole", x: 20 + i * step + 1, width: Math.max(1, step - 2),
				       y: height - count / most * (height - 18), height: count / most * (height - 18)},
				shape("title", {}, `${sayEdge(niceEdge(first + i))} to ${sayEdge(niceEdge(first + i + 1))}: ${count}`)),
			count ? shape("text", {x: 20 + (i + 0.5) * step, y: height - count / most * (height - 18) - 4,
					       "text-anchor": "middle"}, String(count)) : null,
		]),
		shape("line", {class: "rule", x1: 20, x2: width - 20, y1: height, y2: height}),
		[...counts, 0].map((_, i) => i % Math.ceil(counts.length / 14) ? null
			: shape("text", {class: "faint", x: 20 + i * step, y: height + 16, "text-anchor": "middle"},
				sayEdge(niceEdge(first + i)))));
};

/* How the downtime went over time: a dot each; of very many what is between the shortest and the
 * longest in each of some spans of time. */

const CHART = {width: 960, height: 170, left: 64, right: 10, top: 8, bottom: 24}, DOTS_MAX = 1000;

const byTime = points => {
	const from = points[0].at, span = Math.max(1, points[points.length - 1].at - from), bins = new Map();

	for (const point of points) {
		const bin = Math.min(199, Math.floor((point.at - from) / span * 200));

		if (!bins.has(bin))
			bins.set(bin, []);
		bins.get(bin).push(point);
	}
	return [...bins.values()];
};

const timeTicks = (from, to) => {
	const steps = [60e9, 600e9, 3600e9, 6 * 3600e9, 86400e9, 7 * 86400e9, 30 * 86400e9, 365 * 86400e9];
	const step = steps.find(one => (to - from) / one <= 8) || (to - from) / 8, ticks = [];

	for (let at = Math.ceil(from / step) * step; at <= to; at += step)
		ticks.push([at, sayTime(at).slice(step < 86400e9 ? 5 : 0, step < 86400e9 ? 16 : 10)]);
	return ticks;
};

const drawDots = (state, points, x, y) => points.map(({index, at, ns}) => {
	const {report} = state.all[index];

	return shape("circle", {class: `dot ${report.outcome === "completed" ? "" : "bad"}`, cx: x(at), cy: y(ns), r: 3.2,
				click: () => state.choose(index)},
		shape("title", {}, `${sayName(report)}, ${sayTime(at)} UTC: ${sayQuantity(report.downtime)}`));
});

const drawSpans = (points, x, y) => byTime(points).map(bin => {
	const times = bin.map(point => point.ns).sort((a, b) => a - b), at = x(bin[0].at);

	return [
		shape("line", {class: "range", x1: at, x2: at, y1: y(times[0]), y2: y(times[times.length - 1])},
			shape("title", {}, `${bin.length} from ${sayTime(bin[0].at)} UTC: ${fine(times[0])} to ` +
				`${fine(times[times.length - 1])} ms, median ${fine(median(times))} ms`)),
		shape("circle", {class: "dot", cx: at, cy: y(median(times)), r: 2}),
	];
});

const drawChart = state => {
	const points = state.shown.map(index => ({index, at: state.all[index].report.started_real_ns,
						   ns: estimate(state.all[index].report.downtime)}))
		.filter(({at, ns}) => at && ns > 0).sort((a, b) => a.at - b.at);
	const {width, height, left, right, top, bottom} = CHART;

	if (points.length < 2)
		return [];
	const from = points[0].at, to = Math.max(from + 1, points[points.length - 1].at);
	const edges = points.reduce(([least, most], {ns}) => [Math.min(least, ns), Math.max(most, ns)], [Infinity, 0]);
	const first = edgeBelow(edges[0]), last = edgeBelow(edges[1]) + 1;
	const x = at => left + (width - left - right) * (at - from) / (to - from);
	const y = ns => height - bottom - (height - top - bottom) *
		Math.log(ns / niceEdge(first)) / Math.log(niceEdge(last) / niceEdge(first));
	const lines = [...Array(last - first + 1).keys()].map(i => niceEdge(first + i))
		.filter((_, i, all) => i % Math.ceil(all.length / 6) === 0);

	return [
		element("h3", {}, "Downtime over time"),
		shape("svg", {id: "chart", viewBox: `0 0 ${width} ${height}`, role: "img",
			      "aria-label": `downtime of ${points.length} migrations, by when they began`},
			lines.map(ns => [
				shape("line", {class: "grid", x1: left, x2: width - right, y1: y(ns), y2: y(ns)}),
				shape("text", {class: "faint", x: left - 6, y: y(ns) + 4, "text-anchor": "end"}, sayEdge(ns)),
			]),
			timeTicks(from, to).map(([at, text]) =>
				shape("text", {class: "faint", x: Math.min(width - 50, Math.max(left + 30, x(at))), y: height - 6,
					       "text-anchor": "middle"}, text)),
			points.length > DOTS_MAX ? drawSpans(points, x, y) : drawDots(state, points, x, y)),
	];
};

const drawDistribution = all => {
	const values = all.map(one => estimate(one.report.downtime)).filter(ns => ns !== null).sort((a, b) => a - b);
	const reasons = new Map();

	for (const {report} of all)
		if (!known(report.downtime))
			reasons.set(report.downtime.unknown, (reasons.get(report.downtime.unknown) || 0) + 1);
	return [
		element("h3", {}, "Distribution of downtime"),
		element("p", {id: "distribution"}, values.length
			? `${values.length} known: shortest ${decimal(round(values[0], 1e5), 1)} ms, ` +
			  `median ${decimal(round(median(values), 1e5), 1)} ms, ` +
			  `longest ${decimal(round(values[values.length - 1], 1e5), 1)} ms.` : "None is known."),
		element("div", {class: "columns"}, values.length ? histogram(values) : null,
			element("div", {}, [...reasons].sort((a, b) => b[1] - a[1]).map(([why, count]) =>
				element("p", {class: "faint reason"}, `${count} unknown: ${why}`)))),
	];
};

/* Two migrations beside each other. */

const differenceCells = (a, b) => {
	if (!known(a) || !known(b))
		return [element("td", {class: "unknown", colspan: 2}, "unknown")];
	return fineCells({est_ns: b.est_ns - a.est_ns, lo_ns: b.lo_ns - a.hi_ns, hi_ns: b.hi_ns - a.lo_ns});
};

/* Parts of one name and side may come more than once. */
const partsByName = report => {
	const found = new Map();

	for (const part of report.breakdown) {
		const before = found.get(sayPart(part)), time = part.duration;

		found.set(sayPart(part), before
			? {est_ns: before.est_ns + time.est_ns, lo_ns: before.lo_ns + time.lo_ns, hi_ns: before.hi_ns + time.hi_ns}
			: time);
	}
	return found;
};

const drawComparison = (state, [a, b]) => {
	const one = state.all[a].report, other = state.all[b].report;
	const parts = [partsByName(one), partsByName(other)];
	const names = [...new Set([...parts[0].keys(), ...parts[1].keys()])];
	const none = {est_ns: 0, lo_ns: 0, hi_ns: 0};
	const cells = time => time === none ? [element("td", {class: "number"}, "-"), element("td", {})] : fineCells(time);
	const heads = ["", ["A, ms", "number"], "", ["B, ms", "number"], "", ["B less A, ms", "number"], ""];
	const row = (name, x, y) => element("tr", {}, element("th", {scope: "row"}, name),
		cells(x), cells(y), differenceCells(x, y));

	return [
		element("h2", {}, "Two migrations compared"),
		[["A", one], ["B", other]].map(([letter, report]) => element("p", {},
			`${letter}: ${sayName(report)}, ${sayHost(report, "source")} → ${sayHost(report, "destination")}, ` +
			`${sayWhen(report)} UTC, ${report.outcome}`)),
		table({id: "compared"}, heads,
			[...FIGURES.slice(0, 6).map(([name]) => row(name, one[name], other[name])),
			 ...names.map(name => row(name, parts[0].get(name) || none, parts[1].get(name) || none))]),
	];
};

/* The tables of one migration. */

/* Without them a part is coarser, or a figure unknown. */
const drawMissing = report => ["source", "destination"]
	.filter(side => report.not_probed[side] && report.not_probed[side].length)
	.map(side => element("p", {class: "faint missing"},
		`Not probed on the ${side}: ${report.not_probed[side].join(", ")}.`));

const partRow = (part, at, whole) => element("tr", {},
	element("td", {class: "where"}, element("span", {class: `swatch ${part.side}`}), SIDE_NAMES[part.side]),
	element("td", {}, part.name), fineCells(part.duration),
	element("td", {class: "number"}, whole > 0 ? `${decimal(round(part.duration.est_ns / whole * 1e6, 1e3), 1)} %` : ""),
	element("td", {class: "bar"}, shape("svg", {viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true"},
		shape("rect", {class: part.side, y: 1, height: 10, x: Math.min(99.5, at / whole * 100),
			       width: Math.max(0.5, part.duration.est_ns / whole * 100)}))));

const drawParts = (id, title, parts, figure) => {
	const whole = sum(parts, part => part.duration.est_ns);
	let at = 0;

	if (!parts.length)
		return [element("h3", {}, title), element("p", {class: "unknown"},
			known(figure) ? "There are no parts." : sayUnknown(figure))];
	const rows = parts.map(part => {
		const row = partRow(part, at, whole);

		at += part.duration.est_ns;
		return row;
	});
	const total = {est_ns: whole, lo_ns: sum(parts, part => part.duration.lo_ns),
		       hi_ns: sum(parts, part => part.duration.hi_ns)};
	return [
		element("h3", {}, known(figure) ? title : `${title}, as far as it was seen`),
		table({id}, ["Where", "What went on", ["ms", "number"], "", ["share", "number"], ""], rows,
			[element("tr", {}, element("th", {scope: "row", colspan: 2}, `Sum of the ${parts.length} parts`),
				fineCells(total), element("td", {class: "number"}, "100.0 %"), element("td", {})),
			 element("tr", {}, element("th", {scope: "row", colspan: 2}, "Measured as a whole"),
				fineCells(figure), element("td", {colspan: 2}))]),
	];
};

const reportedCell = (reported, field) => element("td", {class: "number"},
	!reported || !field ? "" : reported[field] === undefined ? "-" : `${reported[field]} ms`);

const figureRow = (report, name, field, quantity) => {
	const sides = ["source", "destination"].filter(side => report.reported[side]);
	const cells = known(quantity)
		? [...quantityCells(quantity), element("td", {class: "number"}, fine(quantity.lo_ns)),
		   element("td", {class: "number"}, fine(quantity.hi_ns)), element("td", {class: "faint"}, quantity.how)]
		: [element("td", {class: "unknown", colspan: 5}, sayUnknown(quantity))];

	return element("tr", {"data-figure": name}, element("th", {scope: "row"}, name), cells,
		sides.map(side => reportedCell(report.reported[side], field)));
};

const drawFigures = report => [
	element("h3", {}, "Figures"),
	table({id: "figures"}, ["", ["ms", "number"], "", ["at least", "number"], ["at most", "number"], "how",
		...["source", "destination"].filter(side => report.reported[side]).map(side => [`libvirt, ${side}`, "number"])],
		FIGURES.map(([name, field]) => figureRow(report, name, field, report[name]))),
	report.stalls.count === undefined ? null : element("p", {},
		`After post-copy ${report.stalls.count} pages were waited for: ${fine(report.stalls.total_ns)} ms in all, ` +
		`${fine(report.stalls.longest_ns)} ms the longest.`),
];

const drawClocks = report => {
	const {clock} = report;

	return [
		element("h3", {}, "Clocks"),
		clock.consistent ? null : element("p", {class: "alarm"}, "The hosts' clocks contradict each other."),
		table({id: "clocks"}, ["", ["ms", "number"], "", ["at least", "number"], ["at most", "number"], "how"],
			[figureRow({reported: {}}, "destination less source", null, clock.offset)]),
		clock.drift ? element("p", {}, `The destination's clock is ${decimal(clock.drift.lo_ppb, 3)} to ` +
			`${decimal(clock.drift.hi_ppb, 3)} ppm faster.`) : null,
		element("p", {class: "faint"}, `${clock.messages} messages crossed` +
			(clock.from.length ? `; these bind: ${clock.from.join(", ")}. ± is proven by them.` : ".")),
	];
};

const sayAgreement = report =>
	`${report.verdicts.filter(verdict => verdict.verdict === "agrees").length} of its ${report.verdicts.length} ` +
	"numbers agree, within its rounding";

const drawVerdicts = report => {
	if (!report.verdicts.length)
		return [element("h3", {}, "Is libvirt right?"),
			element("p", {class: "faint"}, "libvirt's own numbers were not given, so they are not judged.")];
	return [
		element("h3", {}, "Is libvirt right?"),
		element("p", {}, `${sayAgreement(report)}.`),
		table({id: "verdicts"}, ["Host", "Field", ["libvirt, ms", "number"], "Verdict", "Why"],
			report.verdicts.map(verdict => element("tr", {},
				element("td", {}, verdict.side), element("td", {}, verdict.field),
				element("td", {class: "number"}, verdict.reported_ms === null ? "-" : String(verdict.reported_ms)),
				element("td", {class: verdict.verdict === "agrees" ? "good" : "bad"}, verdict.verdict),
				element("td", {}, verdict.explanation || "")))),
	];
};

const drawVcpus = report => report.vcpus.length ? [
	element("h3", {}, "vCPUs"),
	table({id: "vcpus"}, ["vCPU", ["blackout, ms", "number"], ""],
		report.vcpus.map(vcpu => element("tr", {}, element("th", {scope: "row"}, String(vcpu.index)), fineCells(vcpu.blackout)))),
] : [];

const drawDevices = report => {
	const sides = ["source", "destination"].map(side => report.devices.filter(device => device.side === side))
		.filter(devices => devices.length);

	if (!sides.length)
		return [];
	return element("details", {}, element("summary", {}, "Devices, the slowest first"),
		known(report.overlap.load_while_saving) ? element("p", {id: "overlap"}, "Loaded while the source still saved, " +
			`counted once: ${sayQuantity(report.overlap.load_while_saving)}.`) : null,
		element("div", {class: "columns"}, sides.map(devices => table(
			{class: "devices", caption: `${devices[0].side === "source" ? "saved" : "loaded"}: ${devices.length} in ` +
				`${fine(sum(devices, device => device.ns))} ms`},
			["Device", ["ms", "number"]],
			[...devices].sort((a, b) => b.ns - a.ns).map(device => element("tr", {},
				element("td", {}, device.name + (device.instance ? ` ${device.instance}` : "")),
				element("td", {class: "number"}, fine(device.ns))))))));
};

const WHERE = {source: "on the source", transfer: "in the transfer", destination: "on the destination"};

/* Only where it is not what has become of the guest. */
const sayTold = ({told, outcome}) => told === "nothing" ? ["libvirt said", "nothing to its client: it ended before"]
	: told === "unconfirmed" ? ["libvirt said", "nothing of its end: its client never confirmed it"]
	: told === "error" && outcome === "completed" ? ["libvirt said", "that it failed"]
	: told === "success" && ["failed", "cancelled"].includes(outcome) ? ["libvirt said", "that it completed"] : null;

const sayError = ({errors, cause}) => {
	const said = errors.find(one => one.from === "qemu") || errors[0];

	return said && cause && !cause.startsWith(said.text)
		? [said.from === "qemu" ? "QEMU said" : "libvirt said", said.text] : null;
};

const sayChanges = ({downtime_limit_changes: count}) => count ? `changed ${count} time${count === 1 ? "" : "s"}` : "";

const sayPaused = ({whole, migration}) => known(whole)
	? `${sayQuantity(whole)} in all, ${sayQuantity(migration)} of it in the migration`
	: `${known(migration) ? sayQuantity(migration) : "unknown"} in the migration; ${whole.unknown}`;

const sayRecovery = ({part, other_started_real_ns: other, gap, missing_bytes: bytes, elapsed, downtime}) => [
	part === "broke" ? "resumed" : "resumes",
	[`${part === "broke" ? "by the one" : "the one"} of ${other === null ? "another time" : `${sayTime(other)} UTC`}, `
		+ `${sayQuantity(gap)} after it broke`, bytes === null ? null : `meanwhile the guest lacked ${bytes} bytes`,
	elapsed && known(elapsed) && known(downtime)
		? `as a whole: elapsed ${sayQuantity(elapsed)}, downtime ${sayQuantity(downtime)}` : null]
		.filter(Boolean).join("; ")];

/* What is about no time says the outcome, or the cause, in its words. */
const sayFinding = ({code, name, share, text, advice, command}) => [
	["finding", `${code} ${name}${share ? `, ${sayQuantity(share)}` : ""}`],
	share ? ["", text] : null,
	["to do", advice + (command ? ":" : "")],
	command ? ["", command] : null,
];

/* What the first lines of the text report say, in the same words: [label, what it says] of each. */
const answerLines = report => {
	const {expected, findings} = report, is = known(report.downtime);
	const parts = [...report.breakdown].sort((a, b) => b.duration.est_ns - a.duration.est_ns).slice(0, 2)
		.filter((part, rank) => is && part.duration.est_ns * (rank ? 5 : 100) >= report.downtime.est_ns);
	const predicted = [["limit", expected.downtime_limit_ms, sayChanges(expected)],
		["expected", expected.expected_downtime_ms, ""], ["reported", expected.qemu_downtime_ms, ""]]
		.filter(([, ms, more]) => is && parts.length && (ms !== null || more));
	const downtimes = ["source", "destination"].map(side => report.reported[side] && report.reported[side].downtime)
		.filter((ms, i, all) => ms !== null && ms !== undefined && all.indexOf(ms) === i);

	return [
		["outcome", `${report.outcome}: ${report.guest}`],
		sayTold(report),
		report.cause || report.outcome === "failed" ? ["cause", report.cause || "not known"] : null,
		sayError(report),
		...report.left_over.map(left => ["left over", `${left.side}: ${left.what}${left.since_ns === null
			? "" : `, since ${sayTime(left.since_ns)} UTC`}`]),
		["downtime", is ? sayQuantity(report.downtime) : `unknown: ${report.downtime.unknown}`],
		report.paused ? ["paused", sayPaused(report.paused)] : null,
		report.recovery ? sayRecovery(report.recovery) : null,
		...parts.map(part => ["longest part", `${sayQuantity(part.duration)} ${WHERE[part.side]}: ${part.name}`]),
		predicted.length ? ["QEMU", predicted.map(([what, ms, more]) => ms === null ? `${what} ${more}`
				: `${what} ${ms} ms${more && ` (${more})`}`).join(", ") +
			(expected.qemu_downtime_ms === null ? "" : " (source only)")] : null,
		report.lost_events ? ["certainty", `${report.lost_events} events were lost`] : null,
		report.verdicts.length ? ["libvirt", [downtimes.length ? `reports ${downtimes.map(ms => `${ms} ms`).join(" and ")}` : null,
			sayAgreement(report)].filter(Boolean).join("; ")] : null,
		...findings.flatMap(sayFinding),
		findings.length ? null : ["to do", "nothing"],
	].filter(Boolean);
};

const drawAnswer = report => {
	const isAlarm = report.advice.some(advice => advice.urgent);

	return element("table", {id: "answer"}, element("tbody", {}, answerLines(report).map(([label, text]) =>
		element("tr", {class: label}, element("th", {scope: "row"}, label),
			element("td", {class: isAlarm && ["outcome", "finding", "to do", ""].includes(label) ? "alarm" : ""}, text)))));
};

const sayFlavour = report => [report.flavour.control === "unknown" ? null : report.flavour.control,
	...["postcopy", "recovery", "offline", "tunnelled"].filter(kind => report.flavour[kind])].filter(Boolean);

/* Of all but the worst: what stands in the list, and how to have the rest. */
const drawShort = ({report}) => [
	element("h2", {}, sayName(report)),
	element("p", {class: "faint mono"}, report.domain.uuid),
	element("p", {}, `${sayHost(report, "source")} → ${sayHost(report, "destination")}, ${report.outcome}, ` +
		`${sayWhen(report)} UTC`),
	table({id: "figures"}, ["", ["ms", "number"], "", ["at least", "number"], ["at most", "number"], "how"],
		["downtime", "elapsed"].map(name => figureRow({reported: {}}, name, null, report[name]))),
	element("p", {}, "This page has the worst migrations whole, and only this of the others. The rest of it: ",
		element("code", {}, `migtrace report --uuid ${report.domain.uuid} FILE...`)),
];

const drawDetail = (page, one) => {
	const {report} = one;

	if (!one.timeline)
		return drawShort(one);
	return [
		element("h2", {}, sayName(report)),
		element("p", {class: "faint mono"}, report.domain.uuid),
		element("p", {}, [`${sayHost(report, "source")} → ${sayHost(report, "destination")}`, ...sayFlavour(report),
			report.outcome, `${sayWhen(report)} UTC`].join(", ")),
		drawAnswer(report),
		drawTimeline(page, one),
		element("div", {class: "columns"},
			element("div", {}, drawParts("parts", "Where the downtime went", report.breakdown, report.downtime),
				drawMissing(report)),
			element("div", {}, drawFigures(report), drawClocks(report), drawVerdicts(report), drawVcpus(report))),
		report.blackout_breakdown.length ? element("details", {}, element("summary", {}, "Where the blackout went: no vCPU could run"),
			drawParts("blackout-parts", "", report.blackout_breakdown, report.blackout).slice(1)) : null,
		drawDevices(report),
		drawPasses(report),
	];
};

/* The page. */

const place = (id, nodes) => document.getElementById(id).replaceChildren(...[].concat(nodes).flat(9)
	.filter(node => node !== null && node !== undefined));

const ROWS_SHOWN = 200;

class Page {
	constructor({count, rows, whole}) {
		const places = new Map(rows.map(([index], place) => [index, place]));

		this.count = count;
		this.all = rows.map(([index, report]) => ({index, report}));
		for (const [index, {report, timeline}] of whole)
			this.all[places.get(index) ?? this.all.length] = {index, report, timeline};
		this.shown = [...this.all.keys()];
		this.rows = ROWS_SHOWN;
		this.column = 4;
		this.way = -1;
		this.marked = [];
		this.plots = [];
		this.chosen = this.hashed() ?? sorted(this, this.shown)[0];
	}

	/* Which one the address names; undefined: none. */
	hashed() {
		const index = parseInt(location.hash.slice(1), 10) - 1, place = this.all.findIndex(one => one.index === index);

		return place < 0 ? undefined : place;
	}

	more() {
		this.rows += ROWS_SHOWN;
		this.drawList();
	}

	filter() {
		const text = document.getElementById("filter-text").value.trim().toLowerCase();
		const outcome = document.getElementById("filter-outcome").value;

		this.shown = [...this.all.keys()].filter(i => isWanted(this.all[i], {text, outcome}));
		this.rows = ROWS_SHOWN;
		this.drawList();
		this.drawOverview();
	}

	/* What is about all that are listed. */
	drawOverview() {
		const {length} = this.shown;

		document.getElementById("filter-count").textContent =
			length === this.all.length ? "" : `${length} of ${this.all.length}`;
		place("overview", [drawChart(this), drawDistribution(this.shown.map(i => this.all[i]))]);
	}

	sort(column) {
		this.way = column === this.column ? -this.way : 1;
		this.column = column;
		this.drawList();
		document.querySelectorAll("#list thead button")[COLUMNS.slice(0, column).filter(([, key]) => key).length].focus();
	}

	/* Only two rows change: of thousands, drawing all takes seconds. */
	choose(index) {
		const row = which => document.querySelector(`tr[data-index="${this.all[which].index}"]`);
		const before = row(this.chosen), now = row(index);

		this.chosen = index;
		history.replaceState(null, "", `#${this.all[index].index + 1}`);
		if (before) {
			before.classList.remove("chosen");
			before.querySelector("button").removeAttribute("aria-current");
		}
		if (now) {
			now.classList.add("chosen");
			now.querySelector("button").setAttribute("aria-current", "true");
			now.querySelector("button").focus({preventScroll: true});
		}
		this.drawDetail();
	}

	/* The third takes the place of the first. */
	mark(index) {
		this.marked = this.marked.includes(index) ? this.marked.filter(one => one !== index)
			: [...this.marked, index].slice(-2);
		this.drawList();
		place("comparison", this.marked.length === 2 ? drawComparison(this, this.marked) : []);
		document.querySelector(`tr[data-index="${this.all[index].index}"] input`).focus({preventScroll: true});
	}

	tip(content, x, y) {
		const tip = document.getElementById("tip");

		tip.hidden = !content;
		if (!content)
			return;
		tip.replaceChildren(...content.flat(9));
		tip.style.left = `${Math.max(0, Math.min(x, innerWidth - tip.offsetWidth - 8))}px`;
		tip.style.top = `${Math.max(0, Math.min(y, innerHeight - tip.offsetHeight - 8))}px`;
	}

	drawList() {
		const list = document.querySelector("#list .scroll"), top = list ? list.scrollTop : 0;

		if (this.all.length < 2)
			return;
		const fresh = drawList(this);

		if (list) {
			list.replaceWith(fresh);
		} else {
			place("list", [drawFilters(this), fresh, element("div", {id: "overview"})]);
			this.drawOverview();
		}
		fresh.scrollTop = top;
	}

	drawDetail() {
		this.tip(null);
		place("detail", drawDetail(this, this.all[this.chosen]));
		this.fit();
	}

	/* As wide as there is room, so that letters stay as large as they are. */
	fit(width) {
		for (const plot of this.plots) {
			plot.width = width || Math.max(600, Math.round(plot.node.getBoundingClientRect().width) || 960);
			plot.draw();
		}
	}

	draw() {
		const {count} = this, whole = this.all.filter(one => one.timeline).length, rows = this.all.length;

		document.getElementById("summary").textContent =
			`${count} migration${count === 1 ? "" : "s"}, by migtrace. ± is proven; what is unknown says why.` +
			(whole < count ? ` The ${whole} worst are here whole; of ${rows < count ? `${rows} of ` : ""}` +
				"the others only their figures." : "");
		this.drawList();
		this.drawDetail();
		addEventListener("resize", () => this.fit());
		addEventListener("hashchange", () => {
			const place = this.hashed();

			if (place !== undefined)
				this.choose(place);
		});
		addEventListener("beforeprint", () => {
			this.fit(PAPER);
			document.querySelectorAll("details").forEach(one => {
				one.open = true;
			});
		});
		addEventListener("afterprint", () => this.fit());
	}
}

const start = () => {
	let all;

	try {
		all = JSON.parse(document.getElementById("data").textContent);
	} catch (error) {
		place("detail", element("p", {class: "alarm"}, `This page is not whole: ${error.message}`));
		return;
	}
	new Page(all).draw();
};

addEventListener("DOMContentLoaded", start);
