// A PDF document that was dropped: the server draws its pages, one at a time, as the model is shown them.

import {page} from './api.js';

const $ = id => document.getElementById(id);

/** Whether a file is a document, by what the system says of it. */
export function isPaper(file) {
  return file.type === 'application/pdf' || (!file.type && /\.pdf$/i.test(file.name ?? ''));
}

/** The document that is open, with the controls that turn its pages. */
export class Paper {
  /**
   * model: gives the id of the model, once there is one; key: gives the server's key
   * drawn: is told of every page that was asked for, as {url, name}
   * say: is told what to write, and whether it is bad
   */
  constructor({model, key, drawn, say}) {
    Object.assign(this, {model, key, drawn, say});
    this.asked = 0;
    $('page').addEventListener('change', () => this.turn());
    $('open-paper').addEventListener('click', () => this.turn());
    for (const id of ['page', 'password']) {
      // The form is the question's: its submission would ask.
      $(id).addEventListener('keydown', e => {
        if (e.key !== 'Enter') return;
        e.preventDefault();
        this.turn();
      });
    }
    this.close();
  }

  /** Opens a document at its first page. */
  open(url, name) {
    this.url = url;
    this.name = name;
    this.show({pages: false, password: false});
    $('page').value = 1;
    $('password').value = '';
    return this.turn();
  }

  /** Forgets it: a picture took its place. */
  close() {
    this.url = null;
    this.asked++;
    this.show({pages: false, password: false});
  }

  show({pages, password}) {
    $('page-row').hidden = !pages;
    $('password-row').hidden = !password;
  }

  /** Draws the page that is chosen. Of pages that were turned quickly the last one stays. */
  async turn() {
    const turn = ++this.asked;
    const number = Math.trunc(Number($('page').value)) || 1;
    this.say(`Drawing page ${number} of ${this.name} …`);
    try {
      const model = await this.model();
      const reply = await page(model, this.url, number, $('password').value, this.key());
      if (turn !== this.asked) return;
      this.count(reply.page_count);
      await this.drawn(reply.data[0].url, `${this.name}, page ${number}`);
    } catch (error) {
      if (turn !== this.asked) return;
      const locked = error.param === 'fovea.password';
      if (locked) this.show({pages: false, password: true});
      this.say(locked ? `${this.name} is encrypted; type its password and open it.` : error.message, true);
      if (locked) $('password').focus();
    }
  }

  count(pages) {
    $('page').max = pages;
    $('page-count').textContent = `of ${pages}`;
    this.show({pages: pages > 1, password: false});
  }
}
