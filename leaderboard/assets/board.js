// Sorting and filtering of tables. Their state lives in the address, so that a view can be sent on.
// Without this script everything can be read, in the board's own order.
"use strict";

const FILTERS = ["strand", "theory", "backend", "held by", "tier", "verdict"];
const SAID = { strand: "area", "held by": "stated by" };
const tier = document.querySelector("main").dataset.tier;
const tables = [...document.querySelectorAll("table.sortable")];
const rows = tables.flatMap((table) => [...table.querySelectorAll("tr[data-f]")]);
const facets = new Map(rows.map((row) => [row, facetsOf(row)]));
const order = new Map(tables.map((table) => [table, [...table.tBodies].map((body) => [body, [...body.rows]])]));
const form = document.querySelector("form.filters");
const told = document.querySelector(".shown");
const claims = document.querySelector("section[aria-labelledby=claims]");
const plain = (text) => text.normalize("NFKD").toLowerCase();
const said = new Map(rows.map((row) => [row, plain([row.textContent, row.id, row.dataset.f, row.dataset.q ?? ""].join(" ").replaceAll("-", " "))]));
const VERDICTS = ["supported", "refuted", "partly", "vacuous", "inconclusive", "unavailable", "error", "not run", "not judged"];
const KEYS = [...FILTERS.map((name) => name.replace(" ", "-")), "text", "sort"];

// Cards on a narrow screen are no longer laid out as tables: say that they still are.
for (const [selector, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["td", "cell"]]) {
  document.querySelectorAll(selector).forEach((element) => element.setAttribute("role", role));
}
document.querySelectorAll("th").forEach((th) => {
  th.setAttribute("role", th.scope === "col" ? "columnheader" : "rowheader");
});

// Values of a row on each filter; an empty list fits everything.
function facetsOf(row) {
  const parts = row.dataset.f.split("|").map((part) => part.split(" ").filter(Boolean));
  if (!parts[0].length) parts[0] = [row.parentElement.dataset.strand]; // of a row in its strand's group
  const verdict = row.id && row.querySelector(".v");
  const holder = parts[3]?.length ? parts[3] : ["authors"];
  return [...parts.slice(0, 3), holder, verdict ? [tier, ...(parts[4] || [])] : [], verdict ? [verdict.textContent] : []];
}

function state() {
  const hash = decodeURIComponent(location.hash.slice(1));
  return new URLSearchParams(hash.includes("=") ? location.hash.slice(1) : "");
}

function remember(change) {
  const now = state();
  for (const [key, value] of Object.entries(change)) value ? now.set(key, value) : now.delete(key);
  const text = now.toString();
  history.replaceState(null, "", text ? "#" + text : location.pathname.split("/").pop() + location.search);
  show();
}

// What a filter leaves stands in sight, however far down the page was.
function filter(change) {
  remember(change);
  if (claims.getBoundingClientRect().top < 0) claims.scrollIntoView();
}

function addField(name, control) {
  const [box, label] = [document.createElement("div"), document.createElement("label")];
  control.id = "filter-" + control.name;
  label.htmlFor = control.id;
  label.append(SAID[name] ?? name);
  box.append(label, control);
  form.append(box);
}

function buildFilters() {
  FILTERS.forEach((name, column) => {
    const values = new Set([...facets.values()].flatMap((parts) => parts[column]));
    if (values.size < 2) return;
    const select = document.createElement("select");
    select.name = KEYS[column];
    select.append(new Option("any", ""));
    [...values].sort().forEach((value) => select.append(new Option(value.replaceAll("-", " "), value)));
    select.addEventListener("change", () => filter({ [select.name]: select.value }));
    addField(name, select);
  });
  const input = document.createElement("input");
  Object.assign(input, { type: "search", name: "text", placeholder: "words, names, years" });
  input.addEventListener("input", () => filter({ text: input.value.trim() }));
  addField("text", input);
  const clear = Object.assign(document.createElement("button"), { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => filter(Object.fromEntries(KEYS.map((key) => [key, ""]))));
  form.append(clear);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}

function buildSorting() {
  for (const table of tables) {
    table.querySelectorAll("thead th").forEach((th, column) => {
      const cells = [...table.querySelectorAll("tr[data-f]")].map((row) => String(key(row, column, th.dataset.sort)));
      if (!th.dataset.sort || new Set(cells.filter((it) => it !== "NaN")).size < 2) return; // nothing to sort by
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const [name, at, way] = (state().get("sort") || "").split(":");
        const here = name === table.dataset.name && Number(at) === column;
        const first = th.dataset.sort === "n" ? "down" : "up";
        const next = !here ? first : way === first ? (first === "down" ? "up" : "down") : "";
        remember({ sort: next && `${table.dataset.name}:${column}:${next}` });
      });
    });
  }
}

function key(row, column, kind) {
  const cell = row.cells[column];
  if (kind === "v") return VERDICTS.indexOf(cell.querySelector(".v").textContent);
  const numeric = kind === "n";
  if (!numeric) return cell.textContent.trim().toLowerCase();
  const text = cell.dataset.v ?? cell.firstChild?.textContent ?? "";
  const power = (digits) => "e" + [...digits].map((digit) => ("⁰¹²³⁴⁵⁶⁷⁸⁹".includes(digit) ? "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit) : "-")).join("");
  const plain = text.replaceAll("−", "-").replace("∞", "Infinity").replace(/×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_, digits) => power(digits));
  return parseFloat(plain);
}

function sortTable(table, wanted) {
  const [name, at, way] = (wanted || "").split(":");
  const column = name === table.dataset.name ? Number(at) : -1;
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((th, i) => {
    if (!th.querySelector("button")) return;
    th.setAttribute("aria-sort", i !== column ? "none" : way === "up" ? "ascending" : "descending");
  });
  for (const [body, own] of order.get(table)) body.append(...own);
  table.classList.toggle("sorted", column >= 0);
  if (column < 0 || !heads[column]) return;
  const kind = heads[column].dataset.sort;
  const numeric = kind === "n";
  const keyed = [...table.querySelectorAll("tr[data-f]")].map((row) => [key(row, column, kind), row]);
  const missing = (value) => numeric && Number.isNaN(value);
  keyed.sort(([a], [b]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b); // what has no number comes last either way
    return (a < b ? -1 : a > b ? 1 : 0) * (way === "up" ? 1 : -1);
  });
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

function show() {
  const now = state();
  if (form) for (const field of form.elements) if (field.name && field.value !== (now.get(field.name) ?? "")) field.value = now.get(field.name) ?? "";
  const words = plain(now.get("text") || "").split(/[^\p{L}\p{N}./]+/u).filter(Boolean);
  for (const row of rows) {
    const parts = facets.get(row);
    const fits = FILTERS.every((_, i) => !now.get(KEYS[i]) || !parts[i].length || parts[i].includes(now.get(KEYS[i])));
    row.hidden = !fits || !words.every((word) => said.get(row).includes(word));
  }
  tables.forEach((table) => sortTable(table, now.get("sort")));
  for (const group of document.querySelectorAll("table.sortable tr.group")) {
    group.hidden = [...group.parentElement.rows].every((row) => row === group || row.hidden);
  }
  // What lies folded opens where a filter finds something in it.
  if (KEYS.some((key) => key !== "sort" && now.get(key))) {
    for (const apart of document.querySelectorAll("details.apart")) apart.open ||= apart.querySelector("tr[data-f]:not([hidden])") !== null;
  }
  if (!told) return;
  const own = [...document.querySelectorAll("table[data-name=claims] tr[data-f]")];
  told.textContent = `${own.filter((row) => !row.hidden).length} of ${own.length} claims shown`;
}

// A link within the page leads there and leaves the filters as they are.
function keepFilters(event) {
  const link = event.target.closest?.('a[href^="#"]');
  const place = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!place || !state().toString()) return;
  event.preventDefault();
  place.scrollIntoView();
}

// Heads of tables and what a link leads to stay below the bar, however many lines it has.
function measureBar() {
  const height = getComputedStyle(form).position === "sticky" ? form.offsetHeight : 0;
  document.documentElement.style.setProperty("--bar", `${height}px`);
}

document.querySelectorAll(".overview a").forEach((tile) => {
  const row = document.getElementById(tile.getAttribute("href").match(/([^/]+)\.html/)[1]);
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = [row.querySelector("a").textContent, ...[...row.cells].slice(3).map((cell) => cell.textContent)].join(", ");
  tile.prepend(title);
});
if (form) buildFilters();
buildSorting();
show();
if (form) {
  measureBar();
  addEventListener("resize", measureBar);
  document.addEventListener("click", keepFilters);
  const place = document.getElementById(location.hash.slice(1)); // the bar was not there when the browser went to it
  if (place) place.scrollIntoView();
}
addEventListener("hashchange", () => {
  show();
  if (state().toString()) claims.scrollIntoView();
});
