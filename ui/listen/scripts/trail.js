// The clips one after another: those heard, the one that is heard, and those that come next, which
// the console has put aside for this person.

import { ask, Refusal } from "./server.js";

const PATH = "/api/ui/next";
const AHEAD = 4; // clips to have at hand
const AGAIN_AT = 2; // of them left: ask for more
const BEHIND = 60; // heard ones kept to go back to
const SKIPS = 200; // what a request may name
const AGAIN_MS = 5_000; // after a failure that may pass
const PASSING = new Set(["offline", "unavailable"]);
const LISTING_MS = 1_000; // while the bucket is listed
const HELD_MS = 5_000; // while others have all that is left

export class Trail {
  entries = [];
  at = 0; // of the one that is heard; behind the last while the next is waited for
  waiting = true;
  over = false; // all is heard
  total = 0; // of clips, heard or not
  pause = ""; // why nothing came, although something is left: "listing" or "held"
  listed = 0;
  trouble = null;
  asked = null; // the request under way
  timer = 0;
  ended = new AbortController();

  /** `query` is {layout, role, scope, order}; `unsent` gives the keys whose verdicts wait here. */
  constructor(query, unsent, on) {
    Object.assign(this, { query, unsent, on });
  }

  get here() {
    return this.entries[this.at] ?? null;
  }

  get coming() {
    return this.entries.slice(this.at + 1);
  }

  /** One step on or back; false where there is nothing, or nothing yet. */
  step(by) {
    if (this.at + by < 0) return false;
    if (by > 0) this.dropStale();
    this.at = Math.min(this.at + by, this.entries.length);
    const surplus = Math.max(this.at - BEHIND, 0);
    this.entries.splice(0, surplus);
    this.at -= surplus;
    this.waiting = !this.here;
    this.fill();
    return !this.waiting;
  }

  /** What was put aside too long ago may have gone to somebody else. */
  dropStale() {
    const now = Date.now();
    if (!this.coming.every((entry) => entry.verdict || now < entry.until)) this.dropComing();
  }

  dropComing() {
    this.entries.length = Math.min(this.entries.length, this.at + 1);
    this.over = false;
  }

  /** What comes next is chosen again. */
  askAnew() {
    this.dropComing();
    this.fill();
  }

  goTo(entry) {
    const found = this.entries.indexOf(entry);
    if (found >= 0) Object.assign(this, { at: found, waiting: false });
    return found >= 0;
  }

  /** Puts a clip first, such as one that was chosen from the table. */
  put(clip) {
    this.entries.splice(this.at, 0, entryOf(clip));
    this.waiting = false;
  }

  /** Sees to it that clips are at hand; `on.more()` when some came, or none will, or none could. */
  async fill() {
    if (this.asked || this.over || this.coming.length > AGAIN_AT || this.ended.signal.aborted)
      return;
    clearTimeout(this.timer);
    this.asked = this.more();
    try {
      await this.asked;
      this.trouble = null;
    } catch (problem) {
      if (this.ended.signal.aborted) return; // nobody waits any more
      if (!(problem instanceof Refusal)) throw problem;
      this.trouble = problem;
      if (PASSING.has(problem.code)) this.timer = setTimeout(() => this.fill(), AGAIN_MS);
    } finally {
      this.asked = null;
    }
    this.on.more();
    if (this.pause)
      this.timer = setTimeout(() => this.fill(), this.pause === "held" ? HELD_MS : LISTING_MS);
  }

  async more() {
    let answer = await this.next(this.entries.filter((entry) => !entry.verdict));
    if (!answer.clips.length && answer.progress?.left > 0) {
      // only what was skipped is left, perhaps: it comes round again
      answer = await this.next(this.entries.slice(this.at));
    }
    const held = new Set(this.entries.slice(this.at).map((entry) => entry.clip.key));
    this.entries.push(...answer.clips.filter((clip) => !held.has(clip.key)).map(entryOf));
    this.take(answer);
  }

  /** `unsent` verdicts were on their way when it was asked: the console counts those as left. */
  take({ clips, progress, listing, unsent }) {
    this.listed = listing?.listed ?? 0;
    this.pause = "";
    if (!clips.length && listing?.state === "building") this.pause = "listing";
    else if (!clips.length && progress?.left > unsent && !this.coming.length) this.pause = "held";
    this.over = !clips.length && !this.pause;
    if (!progress) return;
    this.total = progress.total;
    this.on.progress(progress);
  }

  async next(mine) {
    const keys = mine.map((entry) => entry.clip.key);
    const unsent = this.unsent();
    const skip = [...new Set([...unsent, ...keys.reverse()])].slice(0, SKIPS);
    const count = AHEAD + 1 - this.coming.length;
    const answer = await ask(
      PATH,
      { ...this.query, since: midnight(), count, skip },
      this.ended.signal,
    );
    const until = Date.now() + answer.lease_s * 1000; // naming them put them aside for longer
    for (const entry of mine) if (until > entry.until) entry.until = until;
    return { ...answer, unsent: unsent.length };
  }

  end() {
    clearTimeout(this.timer);
    this.ended.abort();
  }
}

/** When this person's day began. */
export function midnight() {
  return new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
}

/** A clip with what this person says of it. */
function entryOf(clip) {
  const now = Date.now();
  const until = Date.parse(clip.leased_until);
  return {
    clip,
    verdict: null,
    nonce: "",
    // over already: this machine's clock is ahead, so it says nothing
    until: until > now ? until : Infinity,
    draft: { reasons: new Set(), note: "", marks: [] },
  };
}
