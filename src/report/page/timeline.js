/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timeline of one migration: a plot for each axis of time, which can be moved and zoomed. */

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
		const [name, at, atError, ns, nsError, endError, , , cut, , work] = span;
		const host = track.host === "both" ? "both hosts" : `${track.host} ${sayHost(this.report, track.host)}`;
		const lines = [`${track.name}, ${host}`, `at ${saySpan(at, atError)}`];

		if (ns !== undefined)
			lines.push(`takes ${saySpan(ns, nsError)}`, `until ${saySpan(at + ns, endError)}`);
		if (cut & 1)
			lines.push("its begin was not seen");
		if (cut & 2)
			lines.push("its end was not seen");
		if (work)
			lines.push(...sayWork(work));
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

		const [from, to] = this.sureFrom(track, span, left, left + width);
		const label = this.label(name, from, to - from, y);

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

	/* Whether it is drawn where a span may begin or end in truth. */
	isUnsure(track, span) {
		return track.host === "both" || (!span[7] && track.name === "libvirt");
	}

	/* Where a time may be in truth: from, to; null where that cannot be seen at this zoom. */
	errorAt(time, error) {
		const from = Math.max(MARGIN, this.x(time - error)), to = this.x(time + error);

		return !error || to - from < 2 || this.x(time) < MARGIN ? null : [from, to];
	}

	/* What of a span is free of such marks, its own and those of its neighbours: a label goes there. */
	sureFrom(track, span, left, right) {
		const [, at, atError, ns, , endError] = span;

		if (!this.isUnsure(track, span))
			return [left, right];
		const begin = this.errorAt(at, atError), end = this.errorAt(at + ns, endError);

		return [begin ? Math.max(left, begin[1]) : left, end ? Math.min(right, end[0]) : right];
	}

	errorBars(track, span, y) {
		const [, at, atError, ns, , endError] = span, low = y + ROW - 6;
		const bar = (time, error) => {
			const range = this.errorAt(time, error);

			if (!range)
				return [];
			const [from, to] = range;
			const d = `M${from} ${low - 4}v6M${from} ${low}H${to}M${to} ${low - 4}v6`;

			return [shape("rect", {class: "band", x: from, y, width: to - from, height: ROW - 3}),
				shape("path", {class: "error edge", d}), shape("path", {class: "error", d})];
		};

		if (!this.isUnsure(track, span))
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
