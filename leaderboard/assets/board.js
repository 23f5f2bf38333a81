// Sorting and filtering of the front page's tables. Their state lives in the address, so that a view can be sent on.
// Without this script everything can be read, in the board's own order.
"use strict";

const FILTERS = ["strand", "theory", "backend", "held by", "tier", "verdict"];
const tier = document.querySelector("main").dataset.tier;
const tables = [...document.querySelectorAll("table.sortable")];
const rows = tables.flatMap((table) => [...table.querySelectorAll("tr[data-f]")]);
const facets = new Map(rows.map((row) => [row, facetsOf(row)]));
const order = new Map(tables.map((table) => [table, [...table.tBodies].map((body) => [body, [...body.rows]])]));
const form = document.querySelector("form.filters");
const told = document.querySelector(".shown");
const KEYS = [...FILTERS.map((name) => name.replace(" ", "-")), "text", "sort"];

// Cards on a narrow screen are no longer laid out as tables: say that they still are.
for (const [selector, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["td", "cell"]]) {
  document.querySelectorAll(selector).forEach((element) => element.setAttribute("role", role));
}
document.querySelectorAll("th").forEach((th) => {
  th.setAttribute("role", th.scope === "col" ? "columnheader" : "rowheader");
});

// Values of a row on each filter; an empty list (a theory has no backend, tier or verdict) fits everything.
function facetsOf(row) {
  if (row.dataset.f === "@") { // a contest: its claim's
    return facetsOf(document.getElementById(row.querySelector("a").getAttribute("href").match(/([^/]+)\.html/)[1]));
  }
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

function addField(name, control) {
  const [box, label] = [document.createElement("div"), document.createElement("label")];
  control.id = "filter-" + control.name;
  label.htmlFor = control.id;
  label.append(name);
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
    select.addEventListener("change", () => remember({ [select.name]: select.value }));
    addField(name, select);
  });
  const input = document.createElement("input");
  Object.assign(input, { type: "search", name: "text", placeholder: "word of a claim" });
  input.addEventListener("input", () => remember({ text: input.value.trim() }));
  addField("text", input);
  const clear = Object.assign(document.createElement("button"), { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => remember(Object.fromEntries(KEYS.map((key) => [key, ""]))));
  form.append(clear);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}

function buildSorting() {
  for (const table of tables) {
    table.querySelectorAll("thead th").forEach((th, column) => {
      if (!th.dataset.sort) return;
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

function key(row, column, numeric) {
  const cell = row.cells[column];
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
    if (!th.dataset.sort) return;
    th.setAttribute("aria-sort", i !== column ? "none" : way === "up" ? "ascending" : "descending");
  });
  for (const [body, own] of order.get(table)) body.append(...own);
  table.classList.toggle("sorted", column >= 0);
  if (column < 0 || !heads[column]) return;
  const numeric = heads[column].dataset.sort === "n";
  const keyed = [...table.querySelectorAll("tr[data-f]")].map((row) => [key(row, column, numeric), row]);
  const missing = (value) => numeric && Number.isNaN(value);
  keyed.sort(([a], [b]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b); // what has no number comes last either way
    return (a < b ? -1 : a > b ? 1 : 0) * (way === "up" ? 1 : -1);
  });
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

function show() {
  const now = state();
  for (const field of form.elements) if (field.name && field.value !== (now.get(field.name) ?? "")) field.value = now.get(field.name) ?? "";
  const text = (now.get("text") || "").toLowerCase();
  for (const row of rows) {
    const parts = facets.get(row);
    const fits = FILTERS.every((_, i) => !now.get(KEYS[i]) || !parts[i].length || parts[i].includes(now.get(KEYS[i])));
    row.hidden = !fits || !(row.textContent + " " + row.id).toLowerCase().includes(text);
  }
  tables.forEach((table) => sortTable(table, now.get("sort")));
  for (const group of document.querySelectorAll("table.sortable tr.group")) {
    group.hidden = [...group.parentElement.rows].every((row) => row === group || row.hidden);
  }
  const claims = [...document.querySelectorAll("table[data-name=claims] tr[data-f]")];
  told.textContent = `${claims.filter((row) => !row.hidden).length} of ${claims.length} claims shown`;
}

buildFilters();
buildSorting();
show();
addEventListener("hashchange", show);
