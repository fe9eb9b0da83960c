// One photograph (or one page of a file): its settings with their history, and one queue of
// requests for its colors.

import * as api from "./api.js";
import { loaded, NOTHING, sameSettings, toGuidance } from "./guidance.js";
import { placeOfMark } from "./marks.js";

/** @typedef {import("./guidance.js").Settings} Settings */
/**
 * What is stored of it.
 * @typedef {{key: string, fileKey: string, order: number, opened: api.Opened, page: number,
 *   start: Settings, settings: Settings, past: Settings[], future: Settings[],
 *   saved: Settings | null, versions: Version[], damaged: boolean, leftOut: number[],
 *   accepted: boolean}} Kept
 * @typedef {{name: string, settings: Settings}} Version  settings that were kept under a name
 */

/**
 * What is stored besides, so that a reload need not color it. shows: the settings of `after`;
 * version: of the program.
 * @typedef {{key: string, version: string, before: Blob, after: Blob, shows: Settings,
 *   isLeft: boolean}} KeptPreview
 */

/** Of notices with a picture that is left unless it is to be recolored. */
const LEFT_CODES = ["in-color", "negative"];
const GROUP_MS = 1500;
const MAX_HISTORY = 200;
const MAX_PREVIEWS = 16;
/** A name that nothing else has, on plain HTTP too, where there is no `crypto.randomUUID`. */
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Fires "change" when its picture, settings or state have changed, and "problem" with an Error as
 * detail.
 */
export class Photograph extends EventTarget {
  /** @type {string | null} an object URL */
  before = null;
  /** @type {string | null} an object URL of the colored preview */
  after = null;
  /** @type {Settings | null} the settings that `after` shows */
  shows = null;
  /** @type {Settings} */
  settings = NOTHING;
  /** those that it was opened with, but for its network */
  start = NOTHING;
  /** @type {Settings[]} */
  past = [];
  /** @type {Settings[]} */
  future = [];
  /** @type {Settings | null} those that were last saved in color */
  saved = null;
  /** @type {Version[]} */
  versions = [];
  key = newKey();
  order = 0;
  /** it is in color or a negative, and left as it is */
  isLeft = false;
  /** the service does not answer and is asked again and again */
  waiting = false;
  /** @type {Settings | null} what is to be colored next */
  #wanted = null;
  /** @type {Promise<void> | null} */
  #coloring = null;
  #group = { name: "", at: 0 };
  /** of the object URLs */
  #blobs = /** @type {{before?: Blob, after?: Blob}} */ ({});
  /** @type {Map<string, api.Thing | null>} what lies at places that were asked about */
  #things = new Map();
  /** @type {Map<string, ReturnType<typeof api.preview>>} by their settings as JSON */
  #previews = new Map();
  /** what the service says of its coloring */
  #notices = /** @type {api.Notice[]} */ ([]);
  /** there are notices that nobody was shown */
  hasNews = false;
  #removed = false;

  /** its coloring has failed */
  failed = false;
  /** somebody has looked at it and found it good */
  accepted = false;
  /** what is there of a file that is cut off */
  damaged = false;
  /** @type {number[]} pages of its file that are not written */
  leftOut = [];

  /** @param {File} file @param {string} fileKey @param {api.Opened} opened @param {number} page */
  constructor(file, fileKey, opened, page) {
    super();
    this.file = file;
    this.fileKey = fileKey;
    this.opened = opened;
    this.page = page;
  }

  /**
   * The pages of a file. @param {File} file @param {number} maxPages @param {boolean} damaged
   * @param {(waiting: boolean) => void} waits as of `patiently`
   */
  static async open(file, maxPages, damaged, waits) {
    const opened = await patiently(() => api.openPhoto(file, file.name, damaged), waits);
    const fileKey = newKey();
    const length = Math.min(opened.pages, maxPages);
    const pages = Array.from({ length }, (_, page) => new Photograph(file, fileKey, opened, page));
    return pages.map((photo) => Object.assign(photo, { damaged }));
  }

  /** @param {import("./store.js").Restored} restored */
  static restored({ kept, file, preview }) {
    const photo = new Photograph(file, kept.fileKey, kept.opened, kept.page);
    const { key, order, start, settings, past, future, saved, versions } = kept;
    const { damaged, leftOut, accepted } = kept;
    Object.assign(photo, { key, order, start, settings, past, future, saved, versions });
    Object.assign(photo, { damaged, leftOut, accepted });
    if (preview) photo.#take(preview);
    return photo;
  }

  /** @param {KeptPreview} preview */
  #take({ before, after, shows, isLeft }) {
    for (const url of [this.before, this.after]) if (url) URL.revokeObjectURL(url);
    this.before = URL.createObjectURL(before);
    this.after = URL.createObjectURL(after);
    Object.assign(this.#blobs, { before, after });
    Object.assign(this, { shows, isLeft });
  }

  /** What another tab made of it. @param {import("./store.js").Restored} restored */
  adopt({ kept, preview }) {
    const { start, settings, past, future, saved, versions, leftOut, accepted } = kept;
    Object.assign(this, { start, settings, past, future, saved, versions, leftOut, accepted });
    if (preview && sameSettings(preview.shows, settings)) this.#take(preview);
    this.color();
  }

  /** @param {string} version of the program @returns {KeptPreview | null} once it is colored */
  keptPreview(version) {
    const { key, shows, isLeft } = this;
    const { before, after } = this.#blobs;
    if (!before || !after || !shows || !sameSettings(shows, this.settings)) return null;
    return { key, version, before, after, shows, isLeft };
  }

  /** @returns {Kept} */
  kept() {
    const { key, fileKey, order, opened, page, start } = this;
    const { settings, past, future, saved, versions, damaged, leftOut, accepted } = this;
    const about = { key, fileKey, order, opened, page, damaged, leftOut, accepted };
    return { ...about, start, settings, past, future, saved, versions };
  }

  get width() {
    return this.opened.width;
  }
  get height() {
    return this.opened.height;
  }
  get isFilm() {
    return Boolean(this.opened.shots);
  }
  get name() {
    if (this.isFilm) return `${this.opened.name}, shot ${this.page + 1}`;
    return this.opened.pages > 1 ? `${this.opened.name}, page ${this.page + 1}` : this.opened.name;
  }
  get busy() {
    return this.#coloring !== null;
  }
  /** resolves when all colors that were asked for are there */
  get settled() {
    return this.#coloring ?? Promise.resolve();
  }
  get isSaved() {
    return this.saved !== null && sameSettings(this.saved, this.settings);
  }
  /** Something was asked for that no saved file shows. */
  get unsaved() {
    if (this.saved) return !this.isSaved;
    return !sameSettings({ ...this.settings, model: null }, this.start);
  }
  /** Nothing was done to it yet. */
  get isUntouched() {
    return !this.saved && !this.unsaved && this.past.length === 0 && this.future.length === 0;
  }
  get #model() {
    return this.settings.model ?? "default";
  }

  /** Fetch the picture as it came, if it is not there yet. */
  async show() {
    if (this.before) return;
    const blob = await this.#whileOpen(() => api.shown(this.opened.id, this.page));
    if (this.page > 0) {
      this.opened = await this.#whileOpen(() => api.about(this.opened.id, this.page));
    }
    if (this.#removed) return;
    this.before ??= URL.createObjectURL(blob);
    this.#blobs.before = blob;
    this.hasNews = this.notices.length > 0;
    this.#changed();
  }

  /** What is worth knowing about it, the latest first; what has buttons of its own is left out. */
  get notices() {
    const all = [...this.#notices, ...this.opened.notices];
    return [...new Set(all.filter(({ code }) => code !== "in-color").map(({ text }) => text))];
  }

  /** What it is opened with, which is no step. @param {Partial<Settings>} change */
  begin(change) {
    this.start = Object.freeze({ ...this.start, ...change });
    this.settings = Object.freeze({ ...this.settings, ...change });
    this.#changed();
  }

  /**
   * @param {Partial<Settings>} change
   * @param {string} [group] steps of the same group within a moment are one step back
   */
  apply(change, group = "") {
    const next = Object.freeze({ ...this.settings, ...change });
    if (sameSettings(next, this.settings)) return;
    const now = performance.now();
    const recent = group !== "" && group === this.#group.name && now - this.#group.at < GROUP_MS;
    const joins = recent && this.past.length > 0;
    this.#group = { name: group, at: now };
    if (!joins) this.past = [...this.past, this.settings].slice(-MAX_HISTORY);
    this.future = [];
    this.settings = next;
    this.color();
    this.#changed();
  }

  /**
   * Take what holds for a whole file, which is no step here: that of another page of it.
   * @param {Partial<Settings>} shared
   */
  share(shared) {
    const now = Object.freeze({ ...this.settings, ...shared });
    const distinct = (/** @type {Settings[]} */ steps) =>
      steps
        .map((step) => Object.freeze({ ...step, ...shared }))
        .filter((step, i, all) => !sameSettings(step, all[i + 1] ?? now));
    this.past = distinct(this.past);
    this.future = distinct(this.future);
    this.settings = now;
    this.color();
    this.#changed();
  }

  undo() {
    this.travel(-1);
  }
  redo() {
    this.travel(1);
  }

  /** @param {number} steps forward in its history; back if negative */
  travel(steps) {
    for (let i = 0; i < Math.abs(steps); i++)
      if (steps < 0) this.#step("past", "future");
      else this.#step("future", "past");
  }

  /** Keep the settings as they are now. */
  keepVersion() {
    const { settings, versions } = this;
    this.versions = [...versions, { name: `Version ${versions.length + 1}`, settings }];
    this.#changed();
  }

  /** @param {Version} version of its own @param {string | null} name null: it goes */
  changeVersion({ settings }, name) {
    this.versions = this.versions.flatMap((each) => {
      if (!sameSettings(each.settings, settings)) return [each];
      return name === null ? [] : [{ ...each, name }];
    });
    this.#changed();
  }

  /** @param {"past" | "future"} from @param {"past" | "future"} to */
  #step(from, to) {
    const step = this[from].at(-1);
    if (!step) return;
    this[from] = this[from].slice(0, -1);
    this[to] = [...this[to], this.settings];
    this.settings = step;
    this.#group.name = "";
    this.color();
    this.#changed();
  }

  /**
   * Color it. One request is under way at a time, and of the settings that come meanwhile only the
   * last are used next: an answer is never shown after a newer one.
   * @param {Settings} [settings] those that are being tried
   */
  color(settings = this.settings) {
    this.#wanted = settings;
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
        if (this.after && this.shows && sameSettings(this.shows, asked)) continue;
        const { blob, notices } = await this.preview(asked);
        this.isLeft = !asked.recolor && notices.some(({ code }) => LEFT_CODES.includes(code));
        this.failed = false;
        const known = this.notices;
        this.#notices = notices;
        this.hasNews ||= this.notices.some((text) => !known.includes(text));
        await this.#put(blob, asked);
      } catch (error) {
        if (this.#wanted) continue;
        this.failed = true;
        this.dispatchEvent(new CustomEvent("problem", { detail: error }));
      }
    }
  }

  /**
   * A screen's worth of it in color, and what is worth knowing about that. The last few are kept.
   * @param {Settings} settings
   */
  preview(settings) {
    const key = JSON.stringify(settings);
    const made =
      this.#previews.get(key) ??
      toGuidance(settings, this).then((guidance) =>
        this.#whileOpen(() => api.preview(this.opened.id, this.page, howOf(settings), guidance)),
      );
    this.#previews.delete(key);
    this.#previews.set(key, made);
    made.catch(() => this.#previews.delete(key));
    if (this.#previews.size > MAX_PREVIEWS)
      this.#previews.delete(/** @type {string} */ (this.#previews.keys().next().value));
    return made;
  }

  /** @param {Blob} blob @param {Settings} asked */
  async #put(blob, asked) {
    const url = URL.createObjectURL(blob);
    await loaded(url);
    if (this.#removed) return URL.revokeObjectURL(url);
    const old = this.after;
    this.after = url;
    this.shows = asked;
    this.#blobs.after = blob;
    this.#changed();
    if (old) setTimeout(() => URL.revokeObjectURL(old), 5000); // the stage compares the last two
  }

  /**
   * A part at full size. @param {{x: number, y: number, width: number, height: number}} box
   * @param {AbortSignal} signal @param {Settings} [settings] in color
   */
  async tile(box, signal, settings) {
    const guidance = settings && (await toGuidance(settings, this));
    const how = settings && howOf(settings);
    return this.#whileOpen(() => api.tile(this.opened.id, this.page, box, signal, how, guidance));
  }

  /** As `api.suggest`. @param {{x: number, y: number} | null} place @param {number} count */
  async suggest(place, count) {
    const result = await this.#whileOpen(() =>
      api.suggest(this.opened.id, this.page, this.#model, place, count),
    );
    if (place) this.#things.set(`${place.x} ${place.y}`, result.thing);
    if (place) this.#changed();
    return result;
  }

  /** What a mark lies on, if that was asked. @param {Parameters<typeof placeOfMark>[0]} mark */
  thingAt(mark) {
    return this.#things.get(placeOfMark(mark).join(" ")) ?? null;
  }

  /**
   * The file in color.
   * @param {Photograph[]} pages of the same file, itself included @param {AbortSignal} [signal]
   */
  async whole(pages, signal) {
    const asked = pages.map((page) => page.settings);
    const forms = await formsOf(pages);
    const how = howOf(asked[0]);
    const whole = () => api.wholeFile(this.opened.id, how, forms, signal);
    const result = await this.#whileOpen(whole, signal);
    pages.forEach((page, i) => page.#markSaved(asked[i]));
    return result;
  }

  /**
   * The film in color, made in the background.
   * @param {Photograph[]} pages its shots @param {(share: number) => void} tell @param
   * {AbortSignal} signal
   */
  async film(pages, tell, signal) {
    const asked = pages.map((page) => page.settings);
    const forms = await formsOf(pages);
    const start = () => api.startJob(this.opened.id, howOf(this.settings), forms);
    let job = await this.#whileOpen(start, signal);
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

  /** Some seconds of this shot in color. @param {Photograph[]} pages the film's shots */
  async clip(pages) {
    const forms = await formsOf(pages);
    const how = howOf(this.settings);
    return this.#whileOpen(() => api.clip(this.opened.id, this.page, how, forms));
  }

  /** @param {Settings} settings */
  #markSaved(settings) {
    this.saved = settings;
    this.#changed();
  }

  /** @param {number} page that was removed: the file is saved without it */
  leaveOut(page) {
    this.leftOut = [...this.leftOut, page];
    this.saved = null;
    this.#changed();
  }

  /** @param {boolean} accepted */
  accept(accepted) {
    this.accepted = accepted;
    this.#changed();
  }

  /** @param {boolean} last no other page of its file stays: the service forgets it, too */
  remove(last) {
    this.#removed = true;
    if (last) api.forget(this.opened.id).catch(() => {}); // it may be gone already
    for (const url of [this.before, this.after]) if (url) URL.revokeObjectURL(url);
  }

  /**
   * The service drops files that were not used for long, and all when it restarts: they are opened
   * again. @template T @param {() => Promise<T>} work @param {AbortSignal} [signal]
   */
  async #whileOpen(work, signal) {
    const waits = (/** @type {boolean} */ waiting) => {
      if (this.waiting === waiting) return;
      this.waiting = waiting;
      this.#changed();
    };
    const goOn = () => !this.#removed && !signal?.aborted;
    try {
      return await patiently(work, waits, goOn);
    } catch (error) {
      if (!(error instanceof api.ServiceError) || error.code !== "photo-not-open") throw error;
      const { id } = await patiently(
        () => api.openPhoto(this.file, this.opened.name, this.damaged),
        waits,
        goOn,
      );
      this.opened = { ...this.opened, id };
      return patiently(work, waits, goOn);
    }
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {Settings} settings @returns {api.How} */
const howOf = ({ model, recolor }) => ({ model: model ?? "default", recolor });

/**
 * Guidance for a whole file, each page's at its place. Pages that are not open here are colored
 * without any, and so are those after the last form, which take what that one says.
 * @param {Photograph[]} pages of one file
 */
async function formsOf(pages) {
  const asked = pages.map(({ settings }) => settings);
  const guidance = await Promise.all(pages.map((page, i) => toGuidance(asked[i], page)));
  const [{ opened, leftOut, isFilm }] = pages;
  const last = Math.max(...pages.map(({ page }) => page), ...leftOut);
  const length = Math.min(opened.pages, 2 + last);
  const forms = Array.from({ length }, () => /** @type {api.PageGuidance} */ ({ tintype: 1 }));
  for (const page of leftOut)
    forms[page] = isFilm ? { tintype: 1, saturation: 0 } : { tintype: 1, left_out: true };
  pages.forEach(({ page }, i) => {
    forms[page] = { ...guidance[i], model: asked[i].model ?? "default" };
  });
  return forms;
}

/**
 * Ask again while the service does not answer or is busy.
 * @template T @param {() => Promise<T>} work @param {(waiting: boolean) => void} [waits]
 * @param {() => boolean} [goOn]
 */
export async function patiently(work, waits = () => {}, goOn = () => true) {
  for (;;) {
    try {
      const result = await work();
      waits(false);
      return result;
    } catch (error) {
      const again = error instanceof api.ServiceError && ["no-answer", "busy"].includes(error.code);
      if (!again || !goOn()) throw error;
      waits(error.code === "no-answer");
      await pause(1000 * Math.min(5, error.wait || 1));
    }
  }
}
