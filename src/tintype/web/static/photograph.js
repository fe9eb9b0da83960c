// One photograph (or one page of a file): its wishes with their history, and one queue of requests for its colors.

import * as api from "./api.js";
import { loaded, NOTHING, sameWishes, toGuidance } from "./wishes.js";

/** @typedef {import("./wishes.js").Wishes} Wishes */
/**
 * What is stored of it.
 * @typedef {{key: string, fileKey: string, order: number, opened: api.Opened, page: number, wishes: Wishes, past: Wishes[],
 *   future: Wishes[], saved: Wishes | null}} Kept
 */

const GROUP_MS = 1500;
const MOST_HISTORY = 200;
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** Fires "change" when its picture, wishes or state have changed, and "problem" with an Error or a sentence as detail. */
export class Photograph extends EventTarget {
  /** @type {string | null} an object URL */
  before = null;
  /** @type {string | null} an object URL of the colored preview */
  after = null;
  /** @type {Wishes | null} the wishes that `after` shows */
  shows = null;
  /** @type {Wishes} */
  wishes = NOTHING;
  /** @type {Wishes[]} */
  past = [];
  /** @type {Wishes[]} */
  future = [];
  /** @type {Wishes | null} those that were last saved in color */
  saved = null;
  key = crypto.randomUUID();
  order = 0;
  /** the service does not answer and is asked again and again */
  waiting = false;
  /** @type {Wishes | null} what is to be colored next */
  #wanted = null;
  /** @type {Promise<void> | null} */
  #coloring = null;
  #group = { name: "", at: 0 };
  /** @type {Map<string, api.Thing | null>} what lies at places that were asked about */
  #things = new Map();
  #noted = new Set();
  #removed = false;

  /** @param {File} file @param {string} fileKey @param {api.Opened} opened @param {number} page */
  constructor(file, fileKey, opened, page) {
    super();
    this.file = file;
    this.fileKey = fileKey;
    this.opened = opened;
    this.page = page;
  }

  /** The pages of a file. @param {File} file @param {number} mostPages */
  static async open(file, mostPages) {
    const opened = await patiently(() => api.openPhoto(file, file.name));
    const fileKey = crypto.randomUUID();
    return Array.from({ length: Math.min(opened.pages, mostPages) }, (_, page) => new Photograph(file, fileKey, opened, page));
  }

  /** @param {Kept} kept @param {File} file */
  static restored(kept, file) {
    const photo = new Photograph(file, kept.fileKey, kept.opened, kept.page);
    const { key, order, past, future, saved } = kept;
    return Object.assign(photo, { key, order, past, future, saved, wishes: kept.wishes });
  }

  /** @returns {Kept} */
  kept() {
    const { key, fileKey, order, opened, page, wishes, past, future, saved } = this;
    return { key, fileKey, order, opened, page, wishes, past, future, saved };
  }

  get width() { return this.opened.width; }
  get height() { return this.opened.height; }
  get isFilm() { return Boolean(this.opened.shots); }
  get name() {
    if (this.isFilm) return `${this.opened.name}, shot ${this.page + 1}`;
    return this.opened.pages > 1 ? `${this.opened.name}, page ${this.page + 1}` : this.opened.name;
  }
  get busy() { return this.#coloring !== null; }
  /** resolves when all colors that were asked for are there */
  get settled() { return this.#coloring ?? Promise.resolve(); }
  get isSaved() { return this.saved !== null && sameWishes(this.saved, this.wishes); }
  /** Something was wished that no saved file shows. */
  get unsaved() { return !this.isSaved && (this.saved !== null || !sameWishes({ ...this.wishes, model: null }, NOTHING)); }
  get #model() { return this.wishes.model ?? "default"; }

  /** Fetch the picture as it came, if it is not there yet. */
  async show() {
    if (this.before) return;
    const blob = await this.#known(() => api.shown(this.opened.id, this.page));
    if (this.page > 0) this.opened = await this.#known(() => api.about(this.opened.id, this.page));
    if (this.#removed) return;
    this.before ??= URL.createObjectURL(blob);
    this.#changed();
    this.#note(this.opened.notes ?? []);
  }

  /** @param {Partial<Wishes>} change @param {string} [group] steps of the same group within a moment are one step back */
  wish(change, group = "") {
    const next = Object.freeze({ ...this.wishes, ...change });
    if (sameWishes(next, this.wishes)) return;
    const now = performance.now();
    const joins = group !== "" && group === this.#group.name && now - this.#group.at < GROUP_MS && this.past.length > 0;
    this.#group = { name: group, at: now };
    if (!joins) this.past = [...this.past, this.wishes].slice(-MOST_HISTORY);
    this.future = [];
    this.wishes = next;
    this.color();
    this.#changed();
  }

  /** Take another network, which is no step here: that of another shot of the same film. @param {string | null} model */
  useNetwork(model) {
    const now = Object.freeze({ ...this.wishes, model });
    const distinct = (/** @type {Wishes[]} */ steps) =>
      steps.map((step) => Object.freeze({ ...step, model })).filter((step, i, all) => !sameWishes(step, all[i + 1] ?? now));
    this.past = distinct(this.past);
    this.future = distinct(this.future);
    this.wishes = now;
    this.color();
    this.#changed();
  }

  undo() { this.#step("past", "future"); }
  redo() { this.#step("future", "past"); }

  /** @param {"past" | "future"} from @param {"past" | "future"} to */
  #step(from, to) {
    const step = this[from].at(-1);
    if (!step) return;
    this[from] = this[from].slice(0, -1);
    this[to] = [...this[to], this.wishes];
    this.wishes = step;
    this.#group.name = "";
    this.color();
    this.#changed();
  }

  /**
   * Color it. One request is under way at a time, and of what is wished meanwhile only the last is asked next: an answer is never
   * shown after a newer one.
   * @param {Wishes} [wishes] those that are being tried
   */
  color(wishes = this.wishes) {
    this.#wanted = wishes;
    this.#coloring ??= this.#work().finally(() => {
      this.#coloring = null;
      this.#changed();
    });
    return this.#coloring;
  }

  async #work() {
    this.#changed();
    while (this.#wanted && !this.#removed) {
      const asked = this.#wanted;
      this.#wanted = null;
      try {
        await this.show();
        if (this.after && this.shows && sameWishes(this.shows, asked)) continue;
        const guidance = await toGuidance(asked, this);
        const { blob, notes } = await this.#known(() => api.preview(this.opened.id, this.page, asked.model ?? "default", guidance));
        await this.#put(blob, asked);
        this.#note(notes);
      } catch (error) {
        if (!this.#wanted) this.dispatchEvent(new CustomEvent("problem", { detail: error }));
      }
    }
  }

  /** Tell what is worth knowing, once. @param {string[]} notes */
  #note(notes) {
    for (const note of notes.filter((each) => !this.#noted.has(each))) {
      this.#noted.add(note);
      this.dispatchEvent(new CustomEvent("problem", { detail: `${this.name}: ${note}` }));
    }
  }

  /** @param {Blob} blob @param {Wishes} asked */
  async #put(blob, asked) {
    const url = URL.createObjectURL(blob);
    await loaded(url);
    if (this.#removed) return URL.revokeObjectURL(url);
    const old = this.after;
    this.after = url;
    this.shows = asked;
    this.#changed();
    if (old) setTimeout(() => URL.revokeObjectURL(old), 5000); // the stage compares the last two
  }

  /**
   * A part at full size. @param {{x: number, y: number, width: number, height: number}} box @param {AbortSignal} signal
   * @param {Wishes} [wishes] in color
   */
  async tile(box, signal, wishes) {
    const guidance = wishes && (await toGuidance(wishes, this));
    return this.#known(() => api.tile(this.opened.id, this.page, box, signal, wishes && (wishes.model ?? "default"), guidance));
  }

  /** As `api.suggest`. @param {{x: number, y: number} | null} place @param {number} count */
  async suggest(place, count) {
    const found = await this.#known(() => api.suggest(this.opened.id, this.page, this.#model, place, count));
    if (place) this.#things.set(`${place.x} ${place.y}`, found.thing);
    if (place) this.#changed();
    return found;
  }

  /** What a dab lies on, if that was asked. @param {api.Hint} hint */
  thingAt({ x, y }) { return this.#things.get(`${x} ${y}`) ?? null; }

  /** Four plausible colorings. @param {number} seed */
  async variations(seed) {
    const guidance = await toGuidance({ ...this.wishes, bold: false, seed: null }, this);
    return this.#known(() => api.variations(this.opened.id, this.page, this.#model, guidance, seed));
  }

  /** The file in color. @param {Photograph[]} pages of the same file, itself included @param {AbortSignal} [signal] */
  async whole(pages, signal) {
    const asked = pages.map((page) => page.wishes);
    const forms = await formsOf(pages);
    const found = await this.#known(() => api.wholeFile(this.opened.id, pages[0].#model, forms, signal), signal);
    pages.forEach((page, i) => page.#markSaved(asked[i]));
    return found;
  }

  /**
   * The film in color, made in the background.
   * @param {Photograph[]} pages its shots @param {(share: number) => void} tell @param {AbortSignal} signal
   */
  async film(pages, tell, signal) {
    const asked = pages.map((page) => page.wishes);
    const forms = await formsOf(pages);
    let job = await this.#known(() => api.startJob(this.opened.id, this.#model, forms), signal);
    signal.addEventListener("abort", () => api.cancelJob(job.id).catch(() => {}));
    while (job.status === "waiting" || job.status === "running") {
      await pause(300);
      signal.throwIfAborted();
      job = await patiently(() => api.jobStatus(job.id));
      tell(job.progress);
    }
    if (job.status !== "done") throw new Error(job.problem ?? `the work was ${job.status}`);
    const blob = await api.jobResult(job.id);
    api.cancelJob(job.id).catch(() => {});
    pages.forEach((page, i) => page.#markSaved(asked[i]));
    return { blob, name: this.opened.name.replace(/(\.[^.]*)?$/, ".color$1") };
  }

  /** @param {Wishes} wishes */
  #markSaved(wishes) {
    this.saved = wishes;
    this.#changed();
  }

  /** @param {boolean} last whether no other page of its file stays: then the service forgets it, too */
  remove(last) {
    this.#removed = true;
    if (last) api.forget(this.opened.id).catch(() => {}); // it may be gone already
    for (const url of [this.before, this.after]) if (url) URL.revokeObjectURL(url);
  }

  /** The service forgets what it has not been asked about for long, and all when it starts anew: it is told again. @template T @param {() => Promise<T>} work @param {AbortSignal} [signal] */
  async #known(work, signal) {
    const waits = (/** @type {boolean} */ waiting) => {
      if (this.waiting === waiting) return;
      this.waiting = waiting;
      this.#changed();
    };
    const goOn = () => !this.#removed && !signal?.aborted;
    try {
      return await patiently(work, waits, goOn);
    } catch (error) {
      if (!(error instanceof api.ServiceError) || error.status !== 404 || !/not open/.test(error.message)) throw error;
      const { id } = await patiently(() => api.openPhoto(this.file, this.opened.name), waits, goOn);
      this.opened = { ...this.opened, id };
      return patiently(work, waits, goOn);
    }
  }

  #changed() { this.dispatchEvent(new CustomEvent("change")); }
}

/**
 * Guidance for a whole file, each page's at its place. Pages that are not open here are colored without any, and so are those
 * after the last form, which take what that one says.
 * @param {Photograph[]} pages of one file
 */
async function formsOf(pages) {
  const asked = pages.map(({ wishes }) => wishes);
  const guidance = await Promise.all(pages.map((page, i) => toGuidance(asked[i], page)));
  const length = Math.min(pages[0].opened.pages, 2 + Math.max(...pages.map(({ page }) => page)));
  const forms = Array.from({ length }, () => /** @type {api.PageGuidance} */ ({ tintype: 1 }));
  pages.forEach(({ page }, i) => (forms[page] = { ...guidance[i], model: asked[i].model ?? "default" }));
  return forms;
}

/**
 * Ask again while the service does not answer or is busy.
 * @template T @param {() => Promise<T>} work @param {(waiting: boolean) => void} [waits] @param {() => boolean} [goOn]
 */
export async function patiently(work, waits = () => {}, goOn = () => true) {
  for (;;) {
    try {
      const found = await work();
      waits(false);
      return found;
    } catch (error) {
      const again = error instanceof api.ServiceError && [0, 429].includes(error.status);
      if (!again || !goOn()) throw error;
      waits(error.status === 0);
      await pause(1000 * Math.min(5, error.wait || 1));
    }
  }
}
