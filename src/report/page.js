// SPDX-License-Identifier: MIT
// Search and sorting. The page can be read without; what is here only hides
// and moves what is there.
"use strict";
(() => {
	const words = document.getElementById("words");
	const bad = document.getElementById("bad");
	const found = document.getElementById("found");
	const items = Array.from(document.querySelectorAll(".item"), (node) => ({
		node,
		text: node.textContent.toLowerCase(),
		ok: node.querySelector(".tag.c-o") !== null,
	}));

	function search() {
		const parts = words.value.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;
		for (const item of items) {
			const match = !(bad.checked && item.ok) && parts.every((part) => item.text.includes(part));
			item.node.classList.toggle("gone", !match);
			shown += match;
		}
		const all = parts.length === 0 && !bad.checked;
		found.textContent = all ? "" : `${shown} of ${items.length} entries`;
	}

	function value(row, column) {
		const cell = row.cells[column];
		const text = cell.textContent;
		if (!cell.classList.contains("n"))
			return text;
		const number = Number.parseFloat(text);
		return Number.isNaN(number) ? -1 : number;
	}

	const collator = new Intl.Collator("en", { numeric: true });
	function compare(a, b) {
		return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
	}

	function sort(table, head, column) {
		const down = head.getAttribute("aria-sort") === "ascending";
		for (const other of table.tHead.rows[0].cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		const rows = Array.from(table.tBodies[0].rows, (row) => [value(row, column), row]);
		rows.sort((a, b) => down ? compare(b[0], a[0]) : compare(a[0], b[0]));
		table.tBodies[0].append(...rows.map((pair) => pair[1]));
	}

	for (const table of document.querySelectorAll("table.sortable")) {
		Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
			const button = document.createElement("button");
			button.type = "button";
			button.append(...head.childNodes);
			button.addEventListener("click", () => sort(table, head, column));
			head.append(button);
		});
	}
	let waiting = 0;
	words.addEventListener("input", () => {
		clearTimeout(waiting);
		waiting = setTimeout(search, 80);
	});
	bad.addEventListener("change", search);
	document.addEventListener("keydown", (event) => {
		if (event.key === "/" && document.activeElement !== words && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			words.focus();
		}
	});
	document.getElementById("search").hidden = false;
})();
