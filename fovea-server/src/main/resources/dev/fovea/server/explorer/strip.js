// From patches to each layer: how many visual tokens every layer works on.

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 60;
const GAP = 1.5;

function element(name, attributes, text) {
  const e = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  if (text) e.textContent = text;
  return e;
}

/** Columns of all layers, and what they are called. */
function columns(ledger) {
  return [
    ...ledger.encoder_tokens.map((n, i) => ({n, kind: 'encoder', name: `encoder layer ${i + 1}`})),
    ...ledger.decoder_tokens.map((n, i) => ({n, kind: 'decoder', name: `decoder layer ${i + 1}`})),
  ];
}

/** A chart with a table behind it for those who do not see it. */
export function strip(ledger) {
  const all = columns(ledger);
  const most = Math.max(1, ...all.map(c => c.n));
  const width = 300;
  const each = width / all.length;
  const svg = element('svg', {class: 'strip', viewBox: `0 0 ${width} ${HEIGHT + 2}`, preserveAspectRatio: 'none',
    'aria-hidden': 'true'});
  all.forEach((c, i) => {
    const height = Math.max(c.n > 0 ? 1 : 0, HEIGHT * c.n / most);
    const bar = element('rect', {class: c.kind, x: i * each + GAP / 2, y: HEIGHT - height, width: Math.max(0.5, each - GAP), height});
    bar.append(element('title', {}, `${c.name}: ${c.n} visual tokens`));
    svg.append(bar);
  });
  svg.append(element('line', {class: 'axis', x1: 0, x2: width, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5}));
  const box = document.createElement('div');
  const unseen = document.createElement('div');
  unseen.className = 'visually-hidden';
  unseen.append(table(all));
  box.append(svg, unseen);
  return box;
}

function table(all) {
  const out = document.createElement('table');
  out.createCaption().textContent = 'Visual tokens that each layer works on';
  const head = out.createTHead().insertRow();
  for (const title of ['layer', 'visual tokens']) {
    const th = document.createElement('th');
    th.scope = 'col';
    th.textContent = title;
    head.append(th);
  }
  const body = out.createTBody();
  for (const c of all) {
    const row = body.insertRow();
    row.insertCell().textContent = c.name;
    row.insertCell().textContent = c.n;
  }
  return out;
}
