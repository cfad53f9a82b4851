// A view as the part of an address behind '#', which browsers keep to themselves.

/** Characters. Browsers open addresses of up to two million; programs through which people send them cut far earlier. */
const LONGEST_PICTURE = 200_000;

/** What a link says: {question, choices, picture, name}; picture is null where the link could not hold it. */
export function read(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const techniques = given.getAll('t');
  const knobs = given.getAll('k');
  const budgets = given.getAll('b');
  const picture = given.get('p');
  return {
    question: given.get('q') ?? '',
    choices: techniques.map((technique, i) => ({technique, knobs: knobs[i] ?? '', budget: budgets[i] ?? 'full'})),
    picture: picture?.startsWith('data:image/') ? picture : null,
    name: given.get('n') ?? '',
  };
}

/** The same as text, '#' included. */
export function write(view) {
  const out = new URLSearchParams();
  out.set('q', view.question);
  for (const choice of view.choices) {
    out.append('t', choice.technique);
    out.append('k', choice.knobs);
    out.append('b', choice.budget);
  }
  out.set('n', view.name);
  if (holds(view.picture)) out.set('p', view.picture);
  return `#${out}`;
}

/** Whether a link can bring the picture along. */
export function holds(picture) {
  return Boolean(picture) && picture.length <= LONGEST_PICTURE;
}
