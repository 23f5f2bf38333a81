// Small calculators: each reads its fields and writes one sentence. Without this script the formulas stand above them.
"use strict";

const short = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }) : "–");

// What the rules' formulas call, under the names of runners/reporting/advice.py.
const root = Math.sqrt;
const exp = Math.exp;
const least = Math.min;
const most = Math.max;

function choose(n, c, k) { // 1 - C(n - c, k) / C(n, k), Chen et al. 2021: unbiased, and stable as a product
  if (n - c < k) return 1;
  let missed = 1;
  for (let i = n - c + 1; i <= n; i += 1) missed *= 1 - k / i;
  return 1 - missed;
}

const sentences = (lines) => lines.filter(([applies]) => applies).map(([, say]) => say()).join(" ");

// RULES

for (const form of document.querySelectorAll("form[data-rule]")) {
  const told = form.querySelector("output");
  const tell = () => {
    const values = Object.fromEntries([...form.querySelectorAll("input")].map((field) => [field.name, Number(field.value)]));
    const sound = [...form.querySelectorAll("input")].every((field) => field.value !== "" && field.checkValidity());
    told.textContent = sound ? RULES[form.dataset.rule](values) : "Fill in every field with a positive number.";
  };
  form.addEventListener("input", tell);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  tell();
}
