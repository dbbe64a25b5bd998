// Verdicts that the console has not confirmed. Each lies under a key of its own in the browser's
// storage, by person, so that two tabs do not overwrite one another; it goes when it is confirmed.
// The console takes a nonce once, so sending again what it may have already is safe.

import { ask, Refusal } from "./server.js";
import { midnight } from "./trail.js";

const PATH = "/api/ui/verdict";
const AT_ONCE = 25; // verdicts a request
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
const LASTING = new Set([
  "invalid-input",
  "not-found",
  "access-denied",
  "conflict",
  "rule-violation",
]);

export class Outbox {
  sending = new Set(); // nonces on their way
  refused = new Map(); // nonce -> {what, remedy}: it will not get better by itself
  trouble = null; // the Refusal of the last attempt
  flight = null; // the request under way
  failures = 0;
  timer = 0;
  retryAt = 0;
  confirmed = new Map(); // nonce -> verdict_id, of this page
  kept = new Map(); // nonce -> entry, also where the browser keeps nothing
  onChange = () => {};
  onProgress = () => {};

  constructor(person, storage = browserStorage()) {
    this.prefix = `soundstage:verdict:${person}:`;
    this.storage = storage;
    this.load();
    addEventListener("online", () => this.hurry());
    addEventListener("storage", ({ key }) => {
      if (key === null || key.startsWith(this.prefix)) this.load();
    });
  }

  get waiting() {
    return this.kept.size - this.refused.size;
  }

  get lasts() {
    return this.storage !== null;
  }

  load() {
    for (const nonce of this.storage ? [...this.kept.keys()] : []) {
      // another tab had it confirmed, or undid it
      if (this.storage.getItem(this.prefix + nonce) === null && !this.sending.has(nonce))
        this.forget(nonce);
    }
    for (const key of Object.keys(this.storage ?? {})) {
      if (!key.startsWith(this.prefix)) continue;
      const entry = parsed(this.storage.getItem(key));
      if (entry?.nonce === key.slice(this.prefix.length)) this.kept.set(entry.nonce, entry);
    }
    this.onChange();
  }

  /** `place` is the request's {layout, role, scope}; `verdict` the rest. Returns its nonce. */
  add(place, verdict) {
    const entry = { ...verdict, nonce: nonce(), place };
    this.kept.set(entry.nonce, entry);
    try {
      this.storage?.setItem(this.prefix + entry.nonce, JSON.stringify(entry));
    } catch {
      this.storage = null; // full or forbidden: then only this page has it, and says so
    }
    this.hurry();
    return entry.nonce;
  }

  /** Takes a verdict back that is not on its way. False when it is, or when it was confirmed. */
  withdraw(nonce) {
    if (!this.kept.has(nonce) || this.sending.has(nonce)) return false;
    this.forget(nonce);
    this.onChange();
    return true;
  }

  forget(nonce) {
    this.kept.delete(nonce);
    this.refused.delete(nonce);
    this.storage?.removeItem(this.prefix + nonce);
  }

  discardRefused() {
    for (const nonce of [...this.refused.keys()]) this.forget(nonce);
    this.onChange();
  }

  /** Sends now whatever waits. */
  hurry() {
    clearTimeout(this.timer);
    this.timer = 0;
    queueMicrotask(() => this.flush());
    this.onChange();
  }

  async flush() {
    if (this.sending.size) return; // what came meanwhile follows when this is answered
    const batch = this.nextBatch();
    if (!batch.length) return;
    for (const entry of batch) this.sending.add(entry.nonce);
    this.flight = this.send(batch);
    const done = await this.flight;
    this.onChange();
    if (done) this.flush();
  }

  async send(batch) {
    try {
      const verdicts = batch.map(({ place: _place, ...verdict }) => verdict);
      this.take(await ask(PATH, { ...batch[0].place, since: midnight(), verdicts }));
      return true;
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      this.stumble(problem, batch);
      return false;
    } finally {
      for (const entry of batch) this.sending.delete(entry.nonce);
    }
  }

  nextBatch() {
    const open = [...this.kept.values()].filter((entry) => !this.refused.has(entry.nonce));
    const place = JSON.stringify(open[0]?.place);
    return open.filter((entry) => JSON.stringify(entry.place) === place).slice(0, AT_ONCE);
  }

  take({ results, progress }) {
    this.failures = 0;
    this.trouble = null;
    let later = null;
    for (const result of results) {
      if (result.ok) {
        this.confirmed.set(result.nonce, result.verdict_id);
        this.forget(result.nonce);
      } else if (result.again) {
        later = result.error;
      } else {
        this.refused.set(result.nonce, result.error);
      }
    }
    if (progress) this.onProgress(progress);
    if (later) throw new Refusal(later);
  }

  stumble(problem, batch) {
    if (LASTING.has(problem.code)) {
      for (const entry of batch)
        this.refused.set(entry.nonce, { what: problem.message, remedy: problem.remedy });
      return;
    }
    this.trouble = problem;
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    this.retryAt = Date.now() + pause;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), pause);
  }
}

const outboxes = new Map();

/** The person's outbox in this tab: it goes on sending when the page shows something else. */
export function outboxOf(person) {
  if (!outboxes.has(person)) outboxes.set(person, new Outbox(person));
  return outboxes.get(person);
}

function browserStorage() {
  try {
    return localStorage;
  } catch {
    return null; // forbidden by the browser's settings
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not ours
  }
}

/** 128 random bits; crypto.randomUUID exists on https and on this machine only. */
function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
