// Where the model looked while it chose the words of its answer.

import {place} from './inspector.js';

const MOST_TOLD = 3;

/** The words of an answer, each with the mean of its tokens' attention: [{text, visual, weights}]; the spaces between are not words. */
export function words(answer, attention) {
  if (!attention?.length) return [];
  const groups = [];
  for (const one of attention) {
    if (!groups.length || /^\s/.test(one.token)) groups.push([]);
    groups.at(-1).push(one);
  }
  const told = groups.map(group => group.map(one => one.token).join('').trim()).filter(text => text);
  const expected = answer.trim().split(/\s+/);
  const cut = expected.slice(0, told.length);
  // Tokens may hold parts of characters, and stop strings are cut from answers: then the answer is looked at as a whole.
  const same = told.length <= expected.length && told.every((text, i) => text === cut[i]);
  const chosen = same ? groups.filter(group => group.some(one => one.token.trim())) : [attention];
  return chosen.map((group, i) => ({text: same ? told[i] : answer.trim(), ...mean(group)}));
}

function mean(group) {
  const weights = group[0].weights.map((_, i) => group.reduce((sum, one) => sum + one.weights[i], 0) / group.length);
  return {visual: group.reduce((sum, one) => sum + one.visual, 0) / group.length, weights};
}

/** Attention of each token of the ledger, as a share of the largest: what was merged into one has that one's. */
export function shares(ledger, word) {
  const own = new Map();
  for (const {anchor, members} of ledger.survivors) {
    if (anchor < 0) continue;
    for (const m of [anchor, ...members]) {
      if (m >= 0) own.set(m, Math.max(own.get(m) ?? 0, word.weights[anchor]));
    }
  }
  // What left inside of the language model was looked at in the layers before.
  word.weights.forEach((w, i) => { if (!own.has(i) && w > 0) own.set(i, w); });
  const most = Math.max(...own.values(), 1e-9);
  return new Map([...own].map(([index, w]) => [index, w / most]));
}

/** The same in words. */
export function told(ledger, word) {
  const percent = value => `${(100 * value).toPrecision(2)} %`;
  const top = word.weights.map((w, i) => [w, i]).filter(([w]) => w > 0).sort((a, b) => b[0] - a[0]).slice(0, MOST_TOLD);
  const lines = [`“${word.text}”: ${percent(word.visual)} of the attention lay on the picture.`];
  if (top.length) {
    const places = top.map(([w, i]) => `${place(ledger.tokens[i], ledger.images[ledger.tokens[i].image])} (${percent(w)})`);
    lines.push(`Most on ${places.join('; ').replaceAll('Row', 'row')}.`);
  }
  return lines;
}
