/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report's page is made of: elements, and durations as people read them. Times are in ns. */
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const SIDE_NAMES = {source: "source", transfer: "transfer", destination: "destination"};

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

/* What the threads of a part of the standstill did, a line each. */
const sayWork = work => {
	const share = (words, quantity) => known(quantity) && quantity.hi_ns > 0
		? [`${words}: ${saySpan(quantity.est_ns, errorOf(quantity))}`] : [];

	if (!known(work.on_cpu))
		return [`on a CPU or not ${sayUnknown(work.on_cpu)}`];
	return [
		...share("on a CPU", work.on_cpu),
		...share(work.starved ? `without a CPU, mostly ${work.starved}` : "without a CPU", work.runnable),
		...share("throttled", work.throttled),
		...work.slept.flatMap(one => share(`${one.thread || "threads"} slept in ${one.in}`, one.duration)),
		...work.held.flatMap(one => share(`waited for the call ${one.by}`, one.duration)),
	];
};

/* A wall clock's time, in UTC. */
const sayTime = ns => new Date(ns / 1e6).toISOString().slice(0, 19).replace("T", " ");

const sayWhen = report => report.started_real_ns
	? sayTime(report.started_real_ns)
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
