// One way of spending tokens: its answer, the picture with what became of the patches, the tokens of each layer, the cost.

import {cells, draw, panels} from './overlay.js';
import {shares, told, words} from './attention.js';
import {describe} from './inspector.js';
import {strip} from './strip.js';

const COSTS = [['encoder', 'encoder_ms'], ['prefill', 'prefill_ms'], ['decode', 'decode_ms']];

function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

/** The heading of a choice as people write it. */
export function title(choice) {
  if (choice.technique === 'full') return 'full model';
  return `${choice.technique}${choice.knobs ? `:${choice.knobs}` : ''} at ${choice.budget}`;
}

/** A card that says what went wrong. */
export function failed(choice, message) {
  return element('article', {class: 'card'}, element('h2', {}, title(choice)), element('p', {class: 'bad'}, message));
}

/** Shows an answer. `looked` is told the index of the token that is looked at, or -1, so that other cards can follow. */
export class Card {
  constructor(choice, picture, {answer, spent}, longest, looked) {
    this.picture = picture;
    this.ledger = spent.ledger;
    this.looked = looked;
    this.marked = -1;
    this.word = null;
    this.scores = false;
    this.fate = element('p', {class: 'fate', 'aria-live': 'polite'});
    this.panels = panels(this.ledger, 0).map(images => this.panel(images, title(choice)));
    this.element = element('article', {class: 'card'},
      element('h2', {}, title(choice)),
      this.answer(answer, spent.attention),
      element('p', {class: 'spent'}, spentText(spent.visual_tokens)),
      ...this.panels.map(p => p.canvas),
      this.fate,
      element('h3', {}, 'Visual tokens of each layer'),
      strip(this.ledger),
      legend([['encoder', 'encoder layers'], ['prefill', 'language model’s layers']]),
      element('h3', {}, 'Time'),
      ...cost(spent, longest));
  }

  /** The answer, each of its words a button: where the model looked for it is shown while it is pointed at or has the focus. */
  answer(text, attention) {
    const all = words(text, attention);
    if (!all.length) return element('p', {class: 'answer'}, text || '(nothing)');
    const buttons = all.map((word, i) => this.wordButton(word, i));
    const line = element('p', {class: 'answer', role: 'toolbar', 'aria-label': 'Words of the answer; arrow keys move over them'});
    buttons.forEach((button, i) => line.append(...(i ? [' '] : []), button));
    const rest = text.trim().split(/\s+/).slice(all.length).join(' ');
    if (all.length > 1 && rest) line.append(` ${rest}`);
    line.addEventListener('keydown', e => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[e.key];
      const next = step && buttons[buttons.indexOf(document.activeElement) + step];
      if (!next) return;
      e.preventDefault();
      buttons.forEach(b => { b.tabIndex = -1; });
      next.tabIndex = 0;
      next.focus();
    });
    return line;
  }

  wordButton(word, i) {
    const button = element('button', {type: 'button', class: 'word', tabindex: i ? '-1' : '0'}, word.text);
    for (const kind of ['pointerenter', 'focus']) button.addEventListener(kind, () => this.look(word));
    for (const kind of ['pointerleave', 'blur']) {
      button.addEventListener(kind, () => { if (kind === 'blur' || document.activeElement !== button) this.look(null); });
    }
    return button;
  }

  /** Shows where the model looked while it chose a word, or the fate of the patches again (null). */
  look(word) {
    this.word = word;
    this.marked = -1;
    this.tell(word ? told(this.ledger, word) : []);
    this.draw();
  }

  tell(lines) {
    this.fate.replaceChildren();
    lines.forEach((line, i) => this.fate.append(...(i ? [element('br')] : []), line));
  }

  panel(images, name) {
    const canvas = element('canvas', {tabindex: '0', role: 'application',
      'aria-label': `Patches of the picture under ${name}; arrow keys move over them`});
    const drawn = cells(this.ledger, images);
    const show = index => { this.mark(index); this.looked(this, index); };
    canvas.addEventListener('pointermove', e => show(under(canvas, this.picture, drawn, e)));
    canvas.addEventListener('pointerleave', () => show(-1));
    canvas.addEventListener('blur', () => show(-1));
    canvas.addEventListener('keydown', e => {
      const next = moved(drawn, this.marked, e.key);
      if (next === null) return;
      e.preventDefault();
      show(next);
    });
    return {canvas, drawn};
  }

  /** Marks a token, or none (-1), and says what became of it. */
  mark(index) {
    if (index === this.marked || index >= this.ledger.tokens.length) return;
    this.marked = index;
    this.word = null;
    this.tell(index >= 0 ? describe(this.ledger, index) : []);
    this.draw();
  }

  draw() {
    const attention = this.word ? shares(this.ledger, this.word) : null;
    for (const {canvas, drawn} of this.panels) {
      draw(canvas, this.picture, this.ledger, drawn, {scores: this.scores, marked: this.marked, attention});
    }
  }

  /** Whether another card's tokens are the same squares, so that both can show one. */
  like(other) {
    return JSON.stringify(this.ledger.images) === JSON.stringify(other.ledger.images)
      && this.ledger.tokens.length === other.ledger.tokens.length;
  }
}

function under(canvas, picture, drawn, event) {
  const box = canvas.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * picture.naturalWidth;
  const y = (event.clientY - box.top) / box.height * picture.naturalHeight;
  const cell = drawn.find(c => x >= c.x && x < c.x + c.width && y >= c.y && y < c.y + c.height);
  return cell ? cell.index : -1;
}

/** The token that a key leads to, or null for keys that lead nowhere. */
function moved(drawn, marked, key) {
  const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  if (key === 'Escape') return -1;
  if (key === 'Home') return drawn[0]?.index ?? null;
  if (key === 'End') return drawn.at(-1)?.index ?? null;
  if (!(key in steps) || !drawn.length) return null;
  const at = drawn.find(c => c.index === marked);
  if (!at) return drawn[0].index;
  const [dx, dy] = steps[key];
  const x = at.x + at.width * (0.5 + dx);
  const y = at.y + at.height * (0.5 + dy);
  return (drawn.find(c => x >= c.x && x < c.x + c.width && y >= c.y && y < c.y + c.height) ?? at).index;
}

function spentText({total, kept, dropped, merged}) {
  const rest = [[dropped, 'dropped'], [merged, 'merged']].filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return `${kept} of ${total} visual tokens reach the end${rest.length ? `; ${rest.join(', ')}` : ''}`;
}

function legend(entries) {
  const p = element('p', {class: 'legend cost'});
  for (const [kind, text] of entries) p.append(element('i', {class: kind}), text);
  return p;
}

/** Bars of one length for one time on all cards. */
function cost(spent, longest) {
  const bar = element('div', {class: 'bar cost', 'aria-hidden': 'true'});
  for (const [kind, field] of COSTS) {
    const part = element('div', {class: kind});
    part.style.width = `${100 * spent.timings[field] / longest}%`;
    bar.append(part);
  }
  const text = COSTS.map(([kind, field]) => [kind, `${kind} ${spent.timings[field].toFixed(0)}\u00a0ms`]);
  const parts = [bar, legend(text)];
  if (spent.cached.views > 0 || spent.cached.tokens > 0) {
    parts.push(element('p', {class: 'spent'}, 'The picture was known from an earlier question.'));
  }
  return parts;
}

/** How long an answer took, for bars of one scale. */
export function duration({spent}) {
  return COSTS.reduce((sum, [, field]) => sum + spent.timings[field], 0);
}
