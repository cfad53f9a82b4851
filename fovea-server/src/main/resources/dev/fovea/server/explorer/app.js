// The page: what is asked, in which ways, and the cards that show what came of it.

import {answeringModel, ask} from './api.js';
import {Card, duration, failed} from './card.js';
import * as link from './link.js';
import {Paper, isPaper} from './paper.js';

const START = [
  {technique: 'full', knobs: '', budget: 'full'},
  {technique: 'hiprune', knobs: '', budget: '25%'},
];

const $ = id => document.getElementById(id);
let model = null;
let picture = null;
let paper = null;
let cards = [];

function say(text, bad = false) {
  $('status').textContent = text;
  $('status').classList.toggle('bad', bad);
}

// ---- the picture, or a page of a document ----

async function show(url, name) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    say(`${name || 'What was given'} is no picture that this browser can show.`, true);
    return;
  }
  picture = {url, name, image};
  $('preview').src = url;
  $('preview').alt = `The picture ${name}`;
  $('preview').hidden = false;
  $('drop-hint').textContent = `${name} · ${image.naturalWidth} × ${image.naturalHeight} pixels`;
  say('');
}

/** Nothing is shown until a page has been drawn: what was there before is not what is asked about next. */
function forget() {
  picture = null;
  $('preview').hidden = true;
  $('drop-hint').textContent = '';
}

function load(file) {
  if (!file) return;
  const reader = new FileReader();
  reader.onload = () => {
    if (isPaper(file)) {
      forget();
      return paper.open(reader.result, file.name || 'pasted document');
    }
    paper.close();
    return show(reader.result, file.name || 'pasted picture');
  };
  reader.onerror = () => say(`${file.name} cannot be read.`, true);
  reader.readAsDataURL(file);
}

function listenForPictures() {
  const drop = $('drop');
  $('file').addEventListener('change', () => load($('file').files[0]));
  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, e => { e.preventDefault(); drop.classList.add('over'); });
  }
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', e => {
    e.preventDefault();
    drop.classList.remove('over');
    load(e.dataTransfer.files[0]);
  });
  document.addEventListener('paste', e => {
    const file = [...e.clipboardData.files].find(f => f.type.startsWith('image/') || isPaper(f));
    if (file) load(file);
  });
}

// ---- the ways of spending tokens ----

function labelled(text, control) {
  const label = document.createElement('label');
  label.append(text, control);
  return label;
}

function field(value, placeholder) {
  const input = document.createElement('input');
  input.type = 'text';
  input.value = value;
  input.placeholder = placeholder;
  input.autocomplete = 'off';
  return input;
}

function addChoice({technique, knobs, budget}) {
  const select = document.createElement('select');
  const known = model?.fovea.techniques ?? ['full'];
  for (const id of known.includes(technique) ? known : [...known, technique]) select.add(new Option(id, id));
  select.value = technique;
  const remove = document.createElement('button');
  remove.type = 'button';
  remove.textContent = 'Remove';
  const row = document.createElement('div');
  row.className = 'choice';
  row.append(labelled('technique', select), labelled('knobs', field(knobs, 'alpha=0.2')),
    labelled('budget', field(budget, '64, 25% or full')), remove);
  remove.addEventListener('click', () => { row.remove(); $('add').focus(); });
  $('choices').append(row);
}

function choices() {
  return [...$('choices').children].map(row => {
    const [knobs, budget] = row.querySelectorAll('input');
    return {technique: row.querySelector('select').value, knobs: knobs.value.trim(), budget: budget.value.trim() || 'full'};
  });
}

// ---- asking ----

/** One after the other, so that the times of one are not those of two. */
async function answers(all, question) {
  const out = [];
  for (const [i, choice] of all.entries()) {
    say(`Asking, ${i + 1} of ${all.length} …`);
    try {
      out.push({choice, reply: await ask(model.id, picture.url, question, choice, $('key').value)});
    } catch (error) {
      if (error.status === 401) $('key-details').open = true;
      out.push({choice, error});
    }
  }
  return out;
}

async function askAll() {
  if (!picture) {
    say('Choose a picture or a document first.', true);
    $('file').focus();
    return;
  }
  if (!model) await findModel();
  const all = choices();
  if (!model || !all.length) {
    say(model ? 'Add a technique first.' : 'There is no model to ask.', true);
    return;
  }
  $('ask').disabled = true;
  const told = await answers(all, $('question').value);
  $('ask').disabled = false;
  display(told);
}

function display(told) {
  const longest = Math.max(1, ...told.filter(t => t.reply).map(t => duration(t.reply)));
  cards = [];
  const follow = (card, index) => cards.filter(c => c !== card && c.like(card)).forEach(c => c.mark(index));
  $('results').replaceChildren(...told.map(({choice, reply, error}) => {
    if (error) return failed(choice, error.message);
    const card = new Card(choice, picture.image, reply, longest, follow);
    card.scores = $('scores').checked;
    cards.push(card);
    return card.element;
  }));
  cards.forEach(card => card.draw());
  $('help').hidden = !cards.length;
  const wrong = told.length - cards.length;
  say(wrong ? `${wrong} of ${told.length} could not be answered.` : `Answered in ${told.length} ways.`, wrong > 0);
}

// ---- the beginning, and links ----

function view() {
  return {question: $('question').value, choices: choices(), picture: picture?.url ?? null, name: picture?.name ?? ''};
}

async function copyLink() {
  const now = view();
  const address = location.href.split('#')[0] + link.write(now);
  history.replaceState(null, '', address);
  const hint = now.picture && !link.holds(now.picture) ? ' The picture is too large for a link; who opens it adds it.' : '';
  try {
    await navigator.clipboard.writeText(address);
    say(`The link is copied.${hint}`);
  } catch {
    say(`The link is in the address bar.${hint}`);
  }
}

async function findModel() {
  try {
    model = await answeringModel($('key').value);
    $('model').textContent = model
      ? `${model.id} · ${model.fovea.family} · ${model.fovea.visual_tokens} visual tokens a picture`
      : 'This server has no model that answers questions.';
  } catch (error) {
    $('key-details').open = error.status === 401;
    $('model').textContent = error.message;
  }
}

/** The id of the model, which is looked for again if there was none. */
async function modelId() {
  if (!model) await findModel();
  return model?.id;
}

async function begin() {
  paper = new Paper({model: modelId, key: () => $('key').value, drawn: show, say});
  listenForPictures();
  $('question-form').addEventListener('submit', e => { e.preventDefault(); askAll(); });
  $('add').addEventListener('click', () => {
    addChoice({technique: 'hiprune', knobs: '', budget: '25%'});
    $('choices').lastElementChild.querySelector('select').focus();
  });
  $('link').addEventListener('click', copyLink);
  $('scores').addEventListener('change', () => cards.forEach(card => { card.scores = $('scores').checked; card.draw(); }));
  await findModel();
  const wanted = link.read(location.hash);
  $('question').value = wanted.question;
  (wanted.choices.length ? wanted.choices : START).forEach(addChoice);
  if (wanted.picture) {
    await show(wanted.picture, wanted.name || 'picture of the link');
    if (picture && wanted.question) await askAll();
  } else if (wanted.name) {
    say(`This view is about ${wanted.name}; choose that picture and ask.`);
  }
  document.documentElement.dataset.ready = 'yes';
}

begin();
