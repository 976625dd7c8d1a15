/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws a report's page from the migrations' JSON that is in it. All times are in ns. */
"use strict";

(() => {
const SVG = "http://www.w3.org/2000/svg";
const SIDE_NAMES = {source: "source", transfer: "between", destination: "destination"};
const FIGURES = [
	["downtime", "downtime"], ["downtime_net", "downtime_net"], ["blackout", null],
	["transfer", null], ["elapsed", "time_elapsed"], ["elapsed_net", "time_elapsed_net"],
	["announced", null],
];

/* Elements. Text is only ever set as text, so that names from elsewhere can do nothing. */

const fill = (node, attributes, children) => {
	for (const [key, value] of Object.entries(attributes || {}))
		if (typeof value === "function")
			node.addEventListener(key, value);
		else if (value !== null && value !== undefined && value !== false)
			node.setAttribute(key, value === true ? "" : value);
	node.append(...children.flat(9).filter(child => child !== null && child !== undefined));
	return node;
};

const element = (tag, attributes, ...children) =>
	fill(document.createElement(tag), attributes, children);

const shape = (tag, attributes, ...children) =>
	fill(document.createElementNS(SVG, tag), attributes, children);

/* Durations: as in report/duration.c, so that the page says what the text says. */

const known = quantity => quantity && quantity.unknown === undefined;

const decimal = (count, digits) => {
	const sign = count < 0 ? "-" : "";
	const text = String(Math.abs(count)).padStart(digits + 1, "0");

	return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/* Halves away from 0. */
const round = (ns, unit) => Math.sign(ns) * Math.floor((Math.abs(ns) + unit / 2) / unit);

/* Returns [value, half width], the latter "" where it is exact; what is printed contains lo and hi. */
const split = quantity => {
	const width = quantity.hi_ns - quantity.lo_ns;
	const digits = width > 0 && width < 200000 ? 2 : 1, unit = 10 ** (6 - digits);
	const middle = round(quantity.est_ns, unit);
	const farther = Math.max(quantity.hi_ns - middle * unit, middle * unit - quantity.lo_ns);

	return [decimal(middle, digits), width > 0 ? decimal(Math.ceil(farther / unit), digits) : ""];
};

const sayUnknown = quantity => quantity.unknown ? `unknown: ${quantity.unknown}` : "unknown";

const sayQuantity = quantity => {
	if (!known(quantity))
		return "unknown";
	const [value, error] = split(quantity);

	return `${value} ms${error && ` ±${error}`}`;
};

/* To the microsecond, for what is shown piece by piece. */
const fine = ns => decimal(round(ns, 1000), 3);
const fineError = ns => ns > 0 ? decimal(Math.ceil(ns / 1000), 3) : "";
const errorOf = quantity =>
	Math.max(quantity.hi_ns - quantity.est_ns, quantity.est_ns - quantity.lo_ns);
const saySpan = (ns, error) => `${fine(ns)} ms${error > 0 ? ` ±${fineError(error)}` : ""}`;

/* Two cells: the number, and its error. */
const fineCells = quantity => known(quantity)
	? [element("td", {class: "number"}, fine(quantity.est_ns)),
	   element("td", {class: "error"}, errorOf(quantity) ? `±${fineError(errorOf(quantity))}` : "")]
	: [element("td", {class: "unknown", colspan: 2}, sayUnknown(quantity))];

const sayWhen = report => report.started_real_ns
	? new Date(report.started_real_ns / 1e6).toISOString().slice(0, 19).replace("T", " ")
	: "unknown";
const sayHost = (report, side) => report[side] ? report[side].host : `(${side} not seen)`;
const sayName = report => report.domain.name || "(name not seen)";
const estimate = quantity => known(quantity) ? quantity.est_ns : null;
const sum = (list, of) => list.reduce((all, one) => all + of(one), 0);
const longest = report => report.breakdown.reduce((found, part) =>
	!found || part.duration.est_ns > found.duration.est_ns ? part : found, null);
const sayPart = part => `${SIDE_NAMES[part.side]}, ${part.name}`;

const table = (attributes, heads, rows, foot) => element("table", attributes,
	attributes.caption ? element("caption", {}, attributes.caption) : null,
	element("thead", {}, element("tr", {}, heads.map(head => {
		const [text, kind] = [].concat(head);

		return element("th", {scope: "col", class: kind}, text);
	}))),
	element("tbody", {}, rows), foot ? element("tfoot", {}, foot) : null);

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
const sorted = (state, count) => {
	const key = COLUMNS[state.column][1];
	const order = [...Array(count).keys()];
	const keys = order.map(i => key(state.all[i].report));

	return order.sort((a, b) => {
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
	const report = state.all[index].report, part = longest(report);
	const box = element("input", {
		type: "checkbox", "aria-label": `compare ${sayName(report)}`,
		change: () => state.mark(index),
	});

	box.checked = state.marked.includes(index);
	return element("tr", {class: index === state.chosen ? "chosen" : null, "data-index": index},
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

const drawList = state => {
	const times = state.all.map(one => estimate(one.report.downtime)).filter(ns => ns > 0);
	const range = [Math.min(...times), Math.max(...times)];

	return element("div", {class: "scroll", tabindex: state.all.length > 10 ? 0 : null},
		element("table", {class: "list-table"},
			element("thead", {}, element("tr", {},
				element("th", {class: "choose", scope: "col"}, "Compare"), listHead(state))),
			element("tbody", {}, sorted(state, state.all.length).map(i => listRow(state, i, range)))));
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

/* The timeline of one migration: a plot for each axis, of rows that its tracks take. */

const ROW = 19, MARGIN = 118, AXIS = 26, VCPUS_SHOWN = 8, PAPER = 720;

/* What a span is drawn like: parts of the standstill have a side of their own. */
const classOf = (track, span) => span[9] || (track.host === "both" ? "whole" : track.host);

const slowestFirst = (a, b) => (b.spans[0][3] || 0) - (a.spans[0][3] || 0);

/* vCPUs are as many as a guest has: the slowest ones are drawn, all are in the table. */
const shownTracks = tracks => {
	const vcpus = tracks.filter(track => track.name.startsWith("vCPU "));
	const shown = new Set([...vcpus].sort(slowestFirst).slice(0, VCPUS_SHOWN));

	return tracks.filter(track => !track.name.startsWith("vCPU ") || shown.has(track));
};

/* Lanes and depths become rows; instants have one of their own. */
const trackRows = track => {
	const depths = [];
	let hasInstants = false;

	for (const span of track.spans)
		if (span.length < 4)
			hasInstants = true;
		else
			depths[span[6]] = Math.max(depths[span[6]] || 0, span[7] + 1);
	const starts = [];
	let rows = 0;

	for (const depth of depths) {
		starts.push(rows);
		rows += depth || 0;
	}
	return {starts, rows: rows + (hasInstants ? 1 : 0), instants: rows};
};

const axisStep = (span, room) => {
	const least = span / Math.max(2, room / 90), power = 10 ** Math.floor(Math.log10(least));

	return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= least);
};

const sayTick = (ns, step) => {
	const digits = Math.max(0, Math.min(6, Math.ceil(6 - Math.log10(step))));

	return `${(ns / 1e6).toFixed(Math.min(digits, step >= 1e6 ? 0 : digits))} ms`;
};

class Plot {
	constructor(page, report, tracks, title, view) {
		this.page = page;
		this.report = report;
		this.tracks = shownTracks(tracks);
		this.title = title;
		this.end = Math.max(1, ...tracks.flatMap(track => track.spans.map(span => span[1] + (span[3] || 0))));
		this.whole = {from: -0.01 * this.end, to: 1.01 * this.end};
		this.views = view || {};
		this.view = {...(this.views.Standstill || this.whole)};
		this.current = null;
		this.width = 960;
		this.overview = shape("svg", {class: "overview", role: "img",
					      "aria-label": `all of ${title}, and which part of it is shown below`});
		this.svg = shape("svg", {
			class: "plot", tabindex: 0, role: "application",
			"aria-label": `${title}: timeline. Arrows left and right move it, plus and minus zoom, ` +
				"up and down go from span to span.",
		});
		this.node = element("div", {}, this.overview, this.svg, this.controls());
		this.listen();
	}

	controls() {
		const button = (text, action, label) =>
			element("button", {type: "button", click: action, "aria-label": label, title: label}, text);

		return element("div", {class: "controls"},
			button("Whole", () => this.show(this.whole), "show all of it"),
			Object.entries(this.views).map(([name, view]) =>
				button(name, () => this.show(view), `show the ${name.toLowerCase()}`)),
			button("+", () => this.zoom(0.5), "zoom in"), button("−", () => this.zoom(2), "zoom out"),
			button("◀", () => this.pan(-0.25), "earlier"), button("▶", () => this.pan(0.25), "later"),
			element("span", {class: "faint"},
				"Drag to move. Wheel to zoom, once it is clicked on or with Ctrl. " +
				"Keys: ← → + − 0, ↑ ↓ from span to span, Enter zooms to it."));
	}

	listen() {
		let dragged = null;

		this.svg.addEventListener("wheel", event => {
			if (!event.ctrlKey && document.activeElement !== this.svg)
				return;
			event.preventDefault();
			this.zoom(1.2 ** Math.sign(event.deltaY || event.deltaX), this.timeAt(event));
		}, {passive: false});
		this.svg.addEventListener("pointerdown", event => {
			dragged = {at: event.clientX, view: {...this.view}};
			this.svg.focus({preventScroll: true});
		});
		this.svg.addEventListener("pointermove", event => {
			if (!dragged) {
				this.point(event);
				return;
			}
			if (!this.svg.hasPointerCapture(event.pointerId))
				this.svg.setPointerCapture(event.pointerId);
			this.svg.classList.add("dragged");
			const by = (dragged.at - event.clientX) / this.scale() / this.pixels();
			this.show({from: dragged.view.from + by, to: dragged.view.to + by});
		});
		for (const kind of ["pointerup", "pointercancel"])
			this.svg.addEventListener(kind, () => {
				dragged = null;
				this.svg.classList.remove("dragged");
			});
		this.svg.addEventListener("pointerleave", () => this.page.tip(null));
		this.svg.addEventListener("dblclick", event => this.zoom(0.5, this.timeAt(event)));
		this.svg.addEventListener("keydown", event => this.key(event));
		this.svg.addEventListener("blur", () => this.step(0));
		this.overview.addEventListener("pointerdown", event => this.jump(event));
		this.overview.addEventListener("pointermove", event => event.buttons && this.jump(event));
	}

	/* Pixels of the screen for one of the picture; px of the picture for a ns. */
	pixels() {
		return this.svg.getBoundingClientRect().width / this.width || 1;
	}

	scale() {
		return (this.width - MARGIN) / (this.view.to - this.view.from);
	}

	x(ns) {
		return MARGIN + (ns - this.view.from) * this.scale();
	}

	timeAt(event) {
		const x = (event.clientX - this.svg.getBoundingClientRect().left) / this.pixels();

		return this.view.from + Math.max(0, x - MARGIN) / this.scale();
	}

	show(view) {
		const most = this.whole.to - this.whole.from;
		const span = Math.min(most, Math.max(1000, view.to - view.from));
		const from = Math.min(this.whole.to - span, Math.max(this.whole.from, view.from));

		this.view = {from, to: from + span};
		this.draw();
	}

	zoom(factor, at) {
		const {from, to} = this.view, middle = at === undefined ? (from + to) / 2 : at;

		this.show({from: middle - (middle - from) * factor, to: middle + (to - middle) * factor});
	}

	pan(part) {
		const by = (this.view.to - this.view.from) * part;

		this.show({from: this.view.from + by, to: this.view.to + by});
	}

	jump(event) {
		const box = this.overview.getBoundingClientRect();
		const x = (event.clientX - box.left) / box.width * this.width;
		const at = this.whole.from + (x - MARGIN) / (this.width - MARGIN) * (this.whole.to - this.whole.from);
		const half = (this.view.to - this.view.from) / 2;

		this.show({from: at - half, to: at + half});
	}

	key(event) {
		const actions = {
			ArrowLeft: () => this.pan(-0.1), ArrowRight: () => this.pan(0.1),
			ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1),
			"+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
			0: () => this.show(this.whole), Home: () => this.show(this.whole),
			Enter: () => this.current && this.show(this.around(this.current.span)),
			Escape: () => this.step(0),
		};

		if (event.altKey || event.ctrlKey || event.metaKey || !actions[event.key])
			return;
		event.preventDefault();
		actions[event.key]();
	}

	around(span) {
		const room = Math.max(1000, (span[3] || 0) * 0.25, (span[2] || 0) * 2);

		return {from: span[1] - room, to: span[1] + (span[3] || 0) + room};
	}

	/* All that is drawn, in the order of rows; 0 is none. */
	step(by) {
		const at = this.current ? this.drawn.findIndex(one => one.span === this.current.span) : -1;
		const next = at < 0 ? (by < 0 ? this.drawn.length - 1 : 0) : at + by;

		this.current = by ? this.drawn[(next + this.drawn.length) % this.drawn.length] || null : null;
		this.draw();
		if (!this.current) {
			this.page.tip(null);
			return;
		}
		const node = this.svg.querySelector(".current");
		const box = (node || this.svg).getBoundingClientRect();

		this.page.tip(this.describe(this.current), Math.max(box.left, 0) + 8, box.bottom);
	}

	point(event) {
		const node = event.target.closest("[data-drawn]");
		const one = node && this.drawn[Number(node.getAttribute("data-drawn"))];

		this.page.tip(one ? this.describe(one) : null, event.clientX + 12, event.clientY + 12);
	}

	describe({track, span}) {
		const [name, at, atError, ns, nsError, endError, , , cut] = span;
		const host = track.host === "both" ? "both hosts" : `${track.host} ${sayHost(this.report, track.host)}`;
		const lines = [`${track.name}, ${host}`, `at ${saySpan(at, atError)}`];

		if (ns !== undefined)
			lines.push(`takes ${saySpan(ns, nsError)}`, `until ${saySpan(at + ns, endError)}`);
		if (cut & 1)
			lines.push("its begin was not seen");
		if (cut & 2)
			lines.push("its end was not seen");
		return [element("b", {}, name), lines.map(line => element("div", {}, line))];
	}

	draw() {
		this.drawn = [];
		this.height = AXIS;
		const rows = [];
		let group = null;

		for (const track of this.tracks) {
			if (track.group !== group) {
				group = track.group;
				rows.push(shape("text", {class: "title", x: 6, y: this.height + 15}, group));
				this.height += ROW + 2;
			}
			rows.push(...this.drawTrack(track));
		}
		this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height + 6}`);
		this.svg.replaceChildren(shape("rect", {class: "back", width: this.width, height: this.height + 6}),
			...this.drawAxis(), ...rows);
		this.drawOverview();
	}

	drawAxis() {
		const step = axisStep(this.view.to - this.view.from, this.width - MARGIN), marks = [];

		for (let at = Math.ceil(this.view.from / step) * step; at <= this.view.to; at += step)
			marks.push(shape("line", {class: "grid", x1: this.x(at), x2: this.x(at), y1: AXIS - 4, y2: this.height}),
				shape("text", {class: "faint", x: this.x(at), y: AXIS - 10, "text-anchor": "middle"},
					this.x(at) > MARGIN + 20 && this.x(at) < this.width - 30 ? sayTick(at, step) : ""));
		return marks;
	}

	drawTrack(track) {
		const {starts, rows, instants} = trackRows(track), top = this.height, nodes = [];

		nodes.push(shape("text", {class: "faint", x: MARGIN - 8, y: top + 13, "text-anchor": "end"}, track.name));
		track.spans.forEach((span, index) => {
			const row = span.length < 4 ? instants : starts[span[6]] + span[7];

			nodes.push(...this.drawSpan(track, span, index, top + row * ROW));
		});
		this.height += rows * ROW + 5;
		return nodes;
	}

	/* Returns nothing for what is out of sight. */
	drawSpan(track, span, index, y) {
		const [name, at, atError, ns] = span;

		if (at + (ns || 0) + atError < this.view.from || at - atError > this.view.to)
			return [];
		const drawn = {track, span}, number = this.drawn.push(drawn) - 1;
		const kind = classOf(track, span);
		const isCurrent = this.current && this.current.span === span ? " current" : "";

		if (ns === undefined)
			return this.drawInstant(span, number, `${kind}${isCurrent}`, y);
		const left = Math.max(MARGIN, this.x(at)), right = Math.min(this.width, this.x(at + ns));
		const width = Math.max(1, right - left);
		const odd = index % 2 && (track.name === "standstill" || track.name === "devices") ? " odd" : "";
		const box = shape("rect", {class: `${kind}${odd} edge${isCurrent}`, x: left, y, width, height: ROW - 3,
					   "data-drawn": number});

		const label = this.label(name, left, width, y);

		return [box, ...(label ? [label] : []), ...this.errorBars(track, span, y)];
	}

	drawInstant(span, number, kind, y) {
		const x = this.x(span[1]);

		if (x < MARGIN)
			return [];
		return [shape("path", {class: `${kind} edge`, d: `M${x} ${y + 1}l5 8l-5 8l-5 -8z`, "data-drawn": number})];
	}

	label(name, left, width, y) {
		const fits = Math.floor((width - 8) / 6.3);

		if (fits < Math.min(6, name.length))
			return null;
		return shape("text", {class: "on-bar", x: left + 4, y: y + 12},
			name.length <= fits ? name : `${name.slice(0, fits - 1)}…`);
	}

	/* Where a span may begin or end in truth, if that can be seen at this zoom. */
	errorBars(track, span, y) {
		const [, at, atError, ns, , endError] = span, low = y + ROW - 6;
		const bar = (time, error) => {
			const from = Math.max(MARGIN, this.x(time - error)), to = this.x(time + error);

			if (!error || to - from < 2 || this.x(time) < MARGIN)
				return [];
			const d = `M${from} ${low - 4}v6M${from} ${low}H${to}M${to} ${low - 4}v6`;

			return [shape("rect", {class: "band", x: from, y, width: to - from, height: ROW - 3}),
				shape("path", {class: "error edge", d}), shape("path", {class: "error", d})];
		};

		if (track.host !== "both" && (span[7] || track.name !== "libvirt"))
			return [];
		/* A part ends where the next one begins. */
		const isInner = track.name === "standstill" && span !== track.spans[track.spans.length - 1];

		return [...bar(at, atError), ...(isInner ? [] : bar(at + ns, endError))];
	}

	drawOverview() {
		const scale = (this.width - MARGIN) / (this.whole.to - this.whole.from);
		const x = ns => MARGIN + (ns - this.whole.from) * scale;
		const nodes = [shape("rect", {class: "back", width: this.width, height: 34}),
			shape("text", {class: "faint", x: MARGIN - 8, y: 21, "text-anchor": "end"}, `all, ${fine(this.end)} ms`)];
		const y = {source: 4, both: 13, destination: 22};

		for (const track of this.tracks)
			if (track.name === "libvirt" || track.name === "standstill")
				track.spans.forEach(span => span[3] === undefined || span[7] > 1 ? null : nodes.push(
					shape("rect", {class: classOf(track, span), x: x(span[1]), y: y[track.host],
						       width: Math.max(0.8, span[3] * scale), height: 7})));
		nodes.push(shape("rect", {class: "window", x: x(this.view.from), y: 1, height: 32,
					  width: Math.max(2, (this.view.to - this.view.from) * scale)}));
		this.overview.setAttribute("viewBox", `0 0 ${this.width} 34`);
		this.overview.replaceChildren(...nodes);
	}
}

const extent = spans => {
	const from = Math.min(...spans.map(span => span[1]));
	const to = Math.max(...spans.map(span => span[1] + span[3]));
	const room = Math.max(1000, (to - from) * 0.04);

	return {from: from - room, to: to + room};
};

/* What is worth a button: the standstill, and the hand-over within it. */
const viewsOf = tracks => {
	const views = {}, parts = tracks.find(track => track.name === "standstill");
	const whole = tracks.find(track => track.name === "figures");

	if (parts) {
		const between = parts.spans.filter(span => span[9] === "transfer");

		views.Standstill = extent(parts.spans);
		if (between.length) {
			const {from, to} = extent(between), room = (to - from) * 0.6;

			views["Hand-over"] = {from: from - room, to: to + room};
		}
	} else if (whole && whole.spans.some(span => span[0] === "downtime")) {
		views.Standstill = extent(whole.spans.filter(span => span[0] === "downtime"));
	}
	return views;
};

const groupOf = (report, timeline, host) => {
	if (host === "both")
		return "The guest, across both hosts";
	const title = `${host === "source" ? "Source" : "Destination"} ${sayHost(report, host)}`;
	const offset = report.clock.offset;

	if (host === "source" || !timeline.is_common)
		return title;
	return `${title}, on the source's clock to within ±${fineError(errorOf(offset)) || "0.000"} ms`;
};

const drawTimeline = (page, {report, timeline}) => {
	const order = {source: 0, both: 1, destination: 2};
	const tracks = timeline.tracks.map(track => ({...track, group: groupOf(report, timeline, track.host)}))
		.sort((a, b) => order[a.host] - order[b.host]);
	const plots = timeline.is_common
		? [new Plot(page, report, tracks, "both hosts", viewsOf(tracks))]
		: ["source", "destination"].map(host => tracks.filter(track => track.host === host))
			.filter(own => own.length)
			.map(own => new Plot(page, report, own, own[0].host, viewsOf(own)));
	const vcpus = report.vcpus.length;

	page.plots = plots;
	return [
		element("h3", {}, "Timeline"),
		timeline.why_not_common ? element("p", {class: "bad"},
			`The two hosts have no common axis, so each is shown alone: ${timeline.why_not_common}.`) : null,
		element("p", {class: "faint"},
			["source", "transfer", "destination"].map(side => [element("span", {class: `swatch ${side}`}), `${SIDE_NAMES[side]}   `]),
			timeline.is_common ? [element("span", {class: "swatch unsure"}),
				"where it may begin or end in truth: the clocks' offset is known no better.   "] : "",
			vcpus > VCPUS_SHOWN ? `The ${VCPUS_SHOWN} slowest of ${vcpus} vCPUs. ` : "",
			timeline.left_out ? `${timeline.left_out} spans were too many to be drawn.` : ""),
		plots.map(plot => plot.node),
	];
};

/* The tables of one migration. */

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

const drawVerdicts = report => {
	const agree = report.verdicts.filter(verdict => verdict.verdict === "agrees").length;

	if (!report.verdicts.length)
		return [element("h3", {}, "Is libvirt right?"),
			element("p", {class: "faint"}, "libvirt's own numbers were not given, so they are not judged.")];
	return [
		element("h3", {}, "Is libvirt right?"),
		element("p", {}, `${agree} of its ${report.verdicts.length} numbers agree, within its rounding.`),
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
	table({id: "vcpus"}, ["vCPU", ["stood still, ms", "number"], ""],
		report.vcpus.map(vcpu => element("tr", {}, element("th", {scope: "row"}, String(vcpu.index)), fineCells(vcpu.blackout)))),
] : [];

const drawDevices = report => {
	const sides = ["source", "destination"].map(side => report.devices.filter(device => device.side === side))
		.filter(devices => devices.length);

	if (!sides.length)
		return [];
	return element("details", {}, element("summary", {}, "Devices, the slowest first"),
		element("div", {class: "columns"}, sides.map(devices => table(
			{class: "devices", caption: `${devices[0].side === "source" ? "saved" : "loaded"}: ${devices.length} in ` +
				`${fine(sum(devices, device => device.ns))} ms`},
			["Device", ["ms", "number"]],
			[...devices].sort((a, b) => b.ns - a.ns).map(device => element("tr", {},
				element("td", {}, device.name + (device.instance ? ` ${device.instance}` : "")),
				element("td", {class: "number"}, fine(device.ns))))))));
};

const LEFT = {
	both: "THE GUEST RUNS ON BOTH HOSTS: stop one of them at once.",
	nowhere: "THE GUEST RUNS ON NEITHER HOST.",
};

const drawAnswer = report => {
	const {expected} = report, parts = [...report.breakdown].sort((a, b) => b.duration.est_ns - a.duration.est_ns);
	const said = [["limit", expected.downtime_limit_ms], ["expected", expected.expected_downtime_ms],
		["counted on the source alone", expected.qemu_downtime_ms]].filter(([, ms]) => ms !== null);
	const told = ["source", "destination"].map(side => report.reported[side] && report.reported[side].downtime)
		.filter((ms, i, all) => ms !== null && ms !== undefined && all.indexOf(ms) === i);

	return [
		LEFT[report.left_on] ? element("p", {class: "alarm"}, LEFT[report.left_on]) : null,
		element("p", {class: "answer"}, known(report.downtime)
			? `The guest stood still for ${sayQuantity(report.downtime)}.` : `No downtime can be given: ${report.downtime.unknown}.`),
		told.length ? element("p", {}, `libvirt says ${told.map(ms => `${ms} ms`).join(" and ")}.`) : null,
		known(report.downtime) ? parts.slice(0, 2)
			.filter((part, rank) => part.duration.est_ns * (rank ? 5 : 100) >= report.downtime.est_ns)
			.map(part => element("p", {}, `${sayQuantity(part.duration)} of it: ${sayPart(part)}.`)) : null,
		said.length ? element("p", {class: "faint"}, `QEMU: ${said.map(([what, ms]) => `${what} ${ms} ms`).join(", ")}.`) : null,
		report.lost_events ? element("p", {class: "bad"}, `${report.lost_events} events were lost.`) : null,
	];
};

const sayFlavour = report => [report.flavour.control === "unknown" ? null : report.flavour.control,
	...["postcopy", "recovery", "offline", "tunnelled"].filter(kind => report.flavour[kind])].filter(Boolean);

const drawDetail = (page, one) => {
	const {report} = one;

	return [
		element("h2", {}, sayName(report)),
		element("p", {class: "faint mono"}, report.domain.uuid),
		element("p", {}, [`${sayHost(report, "source")} → ${sayHost(report, "destination")}`, ...sayFlavour(report),
			report.outcome, `${sayWhen(report)} UTC`].join(", ")),
		drawAnswer(report),
		drawTimeline(page, one),
		element("div", {class: "columns"},
			element("div", {}, drawParts("parts", "Where the downtime went", report.breakdown, report.downtime)),
			element("div", {}, drawFigures(report), drawClocks(report), drawVerdicts(report), drawVcpus(report))),
		report.blackout_breakdown.length ? element("details", {}, element("summary", {}, "Where the blackout went: no vCPU could run"),
			drawParts("blackout-parts", "", report.blackout_breakdown, report.blackout).slice(1)) : null,
		drawDevices(report),
	];
};

/* The page. */

const place = (id, nodes) => document.getElementById(id).replaceChildren(...[].concat(nodes).flat(9)
	.filter(node => node !== null && node !== undefined));

class Page {
	constructor(all) {
		this.all = all;
		this.column = 2;
		this.way = 1;
		this.marked = [];
		this.plots = [];
		this.chosen = Math.min(all.length - 1, Math.max(0, parseInt(location.hash.slice(1), 10) - 1 || 0));
	}

	sort(column) {
		this.way = column === this.column ? -this.way : 1;
		this.column = column;
		this.drawList();
		document.querySelectorAll("#list thead button")[COLUMNS.slice(0, column).filter(([, key]) => key).length].focus();
	}

	choose(index) {
		this.chosen = index;
		history.replaceState(null, "", `#${index + 1}`);
		this.drawList();
		this.drawDetail();
		document.querySelector(`tr[data-index="${index}"] button`).focus({preventScroll: true});
	}

	/* The third takes the place of the first. */
	mark(index) {
		this.marked = this.marked.includes(index) ? this.marked.filter(one => one !== index)
			: [...this.marked, index].slice(-2);
		this.drawList();
		place("comparison", this.marked.length === 2 ? drawComparison(this, this.marked) : []);
		document.querySelector(`tr[data-index="${index}"] input`).focus({preventScroll: true});
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

		if (list)
			list.replaceWith(fresh);
		else
			place("list", [fresh, drawDistribution(this.all)]);
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
		const count = this.all.length;

		document.getElementById("summary").textContent =
			`${count} migration${count === 1 ? "" : "s"}, by migtrace. ± is proven; what is unknown says why.`;
		this.drawList();
		this.drawDetail();
		addEventListener("resize", () => this.fit());
		addEventListener("hashchange", () => {
			const index = parseInt(location.hash.slice(1), 10) - 1;

			if (index >= 0 && index < count)
				this.choose(index);
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
})();
