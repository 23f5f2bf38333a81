// Small calculators: each reads its fields and writes one sentence. Without this script the formulas stand above them.
"use strict";

const short = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }) : "–");

function choose(n, c, k) { // 1 - C(n - c, k) / C(n, k), Chen et al. 2021: unbiased, and stable as a product
  if (n - c < k) return 1;
  let missed = 1;
  for (let i = n - c + 1; i <= n; i += 1) missed *= 1 - k / i;
  return 1 - missed;
}

const RULES = {
  edge: ({ eta, beta }) => `Full-batch descent settles near sharpness ${short((2 + 2 * beta) / eta)} (Polyak), ${short((2 + 2 * beta) / (eta * (1 + 2 * beta)))} (Nesterov).`,
  width: ({ eta, from, to }) => `Adam's rate for hidden and output matrices: ${short((eta * from) / to)}; for input weights and biases it stays ${short(eta)}.`,
  batch: ({ eta, from, to, sharpness }) => {
    const linear = (eta * to) / from;
    const beyond = linear > 2 / sharpness ? ` The linear rule is beyond its limit of stability, ${short(2 / sharpness)}.` : "";
    return `SGD, linear rule: ${short(linear)}. Root rule: ${short(eta * Math.sqrt(to / from))}.${beyond}`;
  },
  compute: ({ flop, lossA, lossB, alpha, beta, error }) => {
    const share = beta / (alpha + beta);
    const margin = (1.96 * error * Math.hypot(alpha, beta)) / (alpha + beta) ** 2;
    const size = ((alpha * lossA) / (beta * lossB)) ** (1 / (alpha + beta)) * (flop / 6) ** share;
    return `N = ${short(size / 1e9)} billion parameters, D = ${short(flop / 6 / size / 1e9)} billion tokens (6 N D = C); N grows as C to the ${short(share)} (${short(share - margin)} to ${short(share + margin)}).`;
  },
  pass: ({ samples, right, k }) => (k > samples || right > samples ? "k and the right ones are at most the samples." : `pass@${k} = ${short(100 * choose(samples, right, k))}%`),
};

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
