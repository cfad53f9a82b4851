// The picture with the fate of its patches over it.

/** Outlines of merged groups: told apart with any kind of colour vision (Okabe and Ito 2008). */
const GROUPS = ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#f0e442', '#d55e00'];

/** From dark blue to yellow, lightness rising evenly. */
const HEAT = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];

const WIDEST = 640;

/** The panels of a picture: its tiles share one, everything else that the encoder saw of it has its own. */
export function panels(ledger, picture) {
  const own = ledger.images.map((image, index) => ({image, index})).filter(e => e.image.picture === picture);
  const tiles = own.filter(e => e.image.part.startsWith('tile'));
  const others = own.filter(e => !e.image.part.startsWith('tile'));
  return [...(tiles.length ? [tiles] : []), ...others.map(e => [e])].map(group => group.map(e => e.index));
}

/** The tokens of a panel with their squares in pixels of the picture, in the order in which one reads. */
export function cells(ledger, images) {
  const out = [];
  ledger.tokens.forEach((token, index) => {
    if (token.row < 0 || !images.includes(token.image)) return;
    const {region: [left, top, right, bottom], rows, columns} = ledger.images[token.image];
    const width = (right - left) / columns;
    const height = (bottom - top) / rows;
    out.push({index, x: left + token.column * width, y: top + token.row * height, width, height});
  });
  return out.sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Draws a panel; `marked` is the index of the token that is looked at, or -1, `attention` the share of each token or null. */
export function draw(canvas, picture, ledger, drawn, {scores, marked, attention}) {
  const scale = Math.min(1, WIDEST / picture.naturalWidth) * Math.max(1, Math.floor(WIDEST / picture.naturalWidth));
  canvas.width = Math.round(picture.naturalWidth * scale);
  canvas.height = Math.round(picture.naturalHeight * scale);
  const g = canvas.getContext('2d');
  g.drawImage(picture, 0, 0, canvas.width, canvas.height);
  veilOutside(g, canvas, drawn, scale);
  const heat = attention ?? (scores ? ranks(ledger, drawn) : null);
  const groups = groupColours(ledger);
  for (const cell of drawn) paint(g, cell, scale, ledger.tokens[cell.index], heat?.get(cell.index), groups.get(cell.index));
  const at = drawn.find(cell => cell.index === marked);
  if (at) mark(g, at, scale);
}

/** What the model never saw: outside of the box that its squares fill. */
function veilOutside(g, canvas, drawn, scale) {
  if (!drawn.length) return;
  const left = Math.min(...drawn.map(c => c.x)) * scale;
  const top = Math.min(...drawn.map(c => c.y)) * scale;
  const right = Math.max(...drawn.map(c => c.x + c.width)) * scale;
  const bottom = Math.max(...drawn.map(c => c.y + c.height)) * scale;
  const path = new Path2D();
  path.rect(0, 0, canvas.width, canvas.height);
  path.rect(left, top, right - left, bottom - top);
  g.fillStyle = 'rgba(0, 0, 0, 0.85)';
  g.fill(path, 'evenodd');
}

function paint(g, cell, scale, token, heat, group) {
  const [x, y, w, h] = [cell.x * scale, cell.y * scale, cell.width * scale, cell.height * scale];
  if (heat !== undefined) {
    g.fillStyle = `rgba(${colour(heat).join(',')}, 0.7)`;
    g.fillRect(x, y, w, h);
  } else if (token.fate === 'dropped') {
    g.fillStyle = 'rgba(24, 26, 30, 0.78)';
    g.fillRect(x, y, w, h);
  }
  if (heat !== undefined && token.fate === 'kept') outline(g, x, y, w, h, '#ffffff', 1.5);
  if (group) outline(g, x, y, w, h, group, 2);
}

function outline(g, x, y, w, h, style, width) {
  g.strokeStyle = style;
  g.lineWidth = width;
  g.strokeRect(x + width / 2, y + width / 2, w - width, h - width);
}

function mark(g, cell, scale) {
  const [x, y, w, h] = [cell.x * scale, cell.y * scale, cell.width * scale, cell.height * scale];
  outline(g, x - 3, y - 3, w + 6, h + 6, '#000000', 5);
  outline(g, x - 2, y - 2, w + 4, h + 4, '#ffffff', 2.5);
}

/** The last score of every token as its share of the way from the least to the greatest. */
function ranks(ledger, drawn) {
  const last = new Map();
  for (const {index} of drawn) {
    const scored = ledger.tokens[index].events.filter(e => e.score !== undefined);
    if (scored.length) last.set(index, scored.at(-1).score);
  }
  const low = Math.min(...last.values());
  const high = Math.max(...last.values());
  return new Map([...last].map(([index, s]) => [index, high > low ? (s - low) / (high - low) : 0.5]));
}

function groupColours(ledger) {
  const colours = new Map();
  let next = 0;
  for (const {members} of ledger.survivors) {
    const real = members.filter(m => m >= 0);
    if (real.length < 2) continue;
    real.forEach(m => colours.set(m, GROUPS[next % GROUPS.length]));
    next++;
  }
  return colours;
}

function colour(value) {
  const at = value * (HEAT.length - 1);
  const low = Math.min(Math.floor(at), HEAT.length - 2);
  return HEAT[low].map((c, i) => Math.round(c + (at - low) * (HEAT[low + 1][i] - c)));
}
