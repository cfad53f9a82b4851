// What became of one visual token, in words.

const NAMES = {kept: 'kept', merged: 'merged', dropped: 'dropped'};

/** Its place as people count. */
export function place(token, image) {
  if (token.row < 0) return 'Class token';
  const where = `Row ${token.row + 1}, column ${token.column + 1}`;
  return image.part === 'whole' ? where : `${where} of ${image.part}`;
}

/** One sentence for its place and end, and one for each station that said something about it. */
export function describe(ledger, index) {
  const token = ledger.tokens[index];
  const lines = [`${place(token, ledger.images[token.image])}: ${ending(ledger, token)}.`];
  for (const event of token.events) lines.push(said(ledger, event));
  return lines;
}

function ending(ledger, token) {
  if (token.fate === 'kept') return 'reaches the end';
  const last = token.events.at(-1);
  return last ? `${NAMES[last.fate]} at ${last.station}` : NAMES[token.fate];
}

function said(ledger, event) {
  let text = `${event.station}: ${NAMES[event.fate]}`;
  if (event.into !== undefined) {
    const into = ledger.tokens[event.into];
    text += ` into ${place(into, ledger.images[into.image]).toLowerCase()}`;
  }
  if (event.score !== undefined) text += `, score ${Number(event.score.toPrecision(4))}`;
  return text;
}
