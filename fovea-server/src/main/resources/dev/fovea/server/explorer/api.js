// What the page asks the server: the addresses that every client has.

/** An answer that is an error: its sentence, its status, and the field that is wrong, if one is. */
export class ApiError extends Error {
  constructor(status, message, param = null) {
    super(message);
    this.status = status;
    this.param = param;
  }
}

async function json(path, options, key) {
  const headers = {...(options.headers ?? {})};
  if (key) headers.Authorization = `Bearer ${key}`;
  let response;
  try {
    response = await fetch(path, {...options, headers});
  } catch {
    throw new ApiError(0, 'The server does not answer; look whether it still runs.');
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const said = body?.error?.message ?? `The server answered with status ${response.status}.`;
    throw new ApiError(response.status, said, body?.error?.param);
  }
  return body;
}

function post(path, body, key) {
  return json(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)}, key);
}

/** The model that answers questions, with the ids of its techniques; null if none does. */
export async function answeringModel(key) {
  const list = await json('/v1/models', {}, key);
  return list.data.find(model => model.fovea?.techniques) ?? null;
}

/** One question about one picture, spent in one way: {answer, spent}, where spent is the server's `fovea` object. */
export async function ask(model, picture, question, choice, key) {
  const fovea = {budget: choice.budget || 'full', ledger: true, attention: true};
  if (choice.technique !== 'full') {
    fovea.technique = choice.knobs ? `${choice.technique}:${choice.knobs}` : choice.technique;
  }
  const content = [{type: 'image_url', image_url: {url: picture}}, {type: 'text', text: question}];
  const reply = await post('/v1/chat/completions', {model, messages: [{role: 'user', content}], fovea}, key);
  return {answer: reply.choices[0].message.content, spent: reply.fovea};
}

/** One page of a document, as the model is shown it: {page_count, data: [{number, width, height, url}]}. */
export function page(model, document, number, password, key) {
  const fovea = {pages: String(number)};
  if (password) fovea.password = password;
  return post('/v1/pages', {model, file: {file_data: document}, fovea}, key);
}
