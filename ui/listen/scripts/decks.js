// Audio elements, one a sound: the clip that is heard, its live version, its neighbours, and the
// next clips, which load while this one plays.

import { askForUrl, diagnose, sourceOf } from "./asking.js";

const NO_SOURCE = { url: "", expires: 0 };
const ALIVE_S = 10; // a source that sounded this long may be renewed again

export class Deck {
  renewed = false; // by itself; not again before the person does something or it plays
  wanted = false; // is to sound
  position = 0; // seconds; the element forgets its own when it fails
  busy = null; // the renewal under way
  dropped = false;

  /** `sound` is {url, expires_at, renew}, or {renew} alone: then the address is asked for when it is
   *  to sound. `on` is told of what happens. */
  constructor(sound, on) {
    this.body = JSON.stringify(sound.renew);
    this.on = on;
    this.source = sourceOf(sound);
    // expired already: this machine's clock is ahead, so it says nothing about this URL
    if (this.source.expires <= Date.now()) this.source.expires = Infinity;
    if (!sound.url) this.source = NO_SOURCE;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.audio.preservesPitch = true;
    this.audio.addEventListener("loadedmetadata", () => this.onMetadata());
    this.audio.addEventListener("timeupdate", () => this.onTime());
    this.audio.addEventListener("error", () => this.onError());
    for (const name of ["playing", "pause", "ended", "waiting"]) {
      this.audio.addEventListener(name, () => on(name, this));
    }
    if (sound.url) this.audio.src = sound.url;
  }

  get sounding() {
    return this.wanted && !this.audio.ended;
  }

  async play() {
    this.wanted = true;
    if (this.source.expires <= Date.now() || this.audio.error) {
      this.renew();
      return;
    }
    try {
      await this.audio.play();
    } catch (refusal) {
      // AbortError: overtaken by a pause or another source; a failed load has its own event
      if (refusal.name !== "NotAllowedError") return;
      this.wanted = false;
      this.on("blocked", this);
    }
  }

  pause() {
    this.wanted = false;
    this.audio.pause();
  }

  seek(seconds) {
    this.renewed = false;
    this.position = seconds;
    if (this.source.expires <= Date.now() || this.audio.error) this.renew();
    else this.audio.currentTime = seconds;
  }

  /** Go on with a newer URL of the same bytes, at the same position. */
  renew() {
    this.busy ??= this.renewing().finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  async renewing() {
    try {
      const source = await askForUrl(this.body);
      if (this.dropped) return;
      this.source = source;
      this.audio.src = source.url;
    } catch (problem) {
      this.fail(problem);
    }
  }

  onMetadata() {
    if (this.position > 0) this.audio.currentTime = this.position;
    if (this.wanted) this.play();
    this.on("metadata", this);
  }

  onTime() {
    if (this.audio.error || this.audio.readyState === 0) return;
    if (this.audio.currentTime > this.position + ALIVE_S) this.renewed = false;
    this.position = this.audio.currentTime;
  }

  async onError() {
    const { error } = this.audio;
    if (!error || this.dropped) return;
    if (error.code !== MediaError.MEDIA_ERR_DECODE && !this.renewed) {
      this.renewed = true; // an expired URL and a broken file look alike: renewing tells
      this.renew();
      return;
    }
    const problem = await diagnose(this.source.url, "audio");
    if (!this.dropped && this.audio.error) this.fail(problem);
  }

  fail(problem) {
    this.problem = { what: problem.message, remedy: problem.remedy };
    this.on("problem", this);
  }

  drop() {
    this.dropped = true;
    this.wanted = false;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load(); // lets go of the connection
  }
}

/** Decks by the sound they hold. */
export class Decks {
  decks = new Map();

  constructor(on) {
    this.on = on;
  }

  of(sound) {
    const name = JSON.stringify(sound.renew);
    if (!this.decks.has(name)) this.decks.set(name, new Deck(sound, this.on));
    return this.decks.get(name);
  }

  /** Lets go of all that hold none of `sounds`. */
  keep(sounds) {
    const names = new Set(sounds.map((sound) => JSON.stringify(sound.renew)));
    for (const [name, deck] of this.decks) {
      if (names.has(name)) continue;
      deck.drop();
      this.decks.delete(name);
    }
  }

  has(sound) {
    return this.decks.has(JSON.stringify(sound.renew));
  }
}
