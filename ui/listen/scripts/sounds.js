// What is heard: one deck at a time, of the clip, its live version or another voice of the phrase.

import { Decks } from "./decks.js";
import { Wave } from "./wave.js";

const TASTE_KEY = "soundstage:listen:taste";
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const PREPARED = 2; // clips that load while one plays
const SHORT_S = 3; // a version of such a clip begins again: little of it would be left
const taste = { volume: 1, speed: 1, loop: false, autoPlay: true, autoNext: true, ...kept() };

export class Sounds {
  clip = null;
  heard = "own"; // "live", "neighbour-0"
  deck = null;
  taste = taste;
  listening = new AbortController();

  constructor(root, face, tell) {
    this.root = root;
    this.face = face;
    this.tell = tell;
    this.decks = new Decks((what, deck) => this.onDeck(what, deck));
    this.wave = new Wave(face.part("wave"), {
      seek: (seconds) => this.seek(seconds),
      time: (seconds) => face.time(seconds, this.duration),
      stretch: () => this.onStretch(),
    });
    const on = (name, event, act) =>
      face.part(name).addEventListener(event, act, { signal: this.listening.signal });
    on("speed", "change", (event) => this.prefer({ speed: Number(event.target.value) }));
    on("volume", "input", (event) => this.prefer({ volume: Number(event.target.value) }));
    on("auto-play", "change", (event) => this.prefer({ autoPlay: event.target.checked }));
    on("auto-next", "change", (event) => this.prefer({ autoNext: event.target.checked }));
    face.taste(taste, null);
  }

  get duration() {
    return this.wave.duration;
  }

  get position() {
    return this.deck?.position ?? 0;
  }

  recolor() {
    this.wave.recolor();
  }

  // -- which sound

  show(trail) {
    const { clip } = trail.here;
    this.clip = clip;
    this.tell(null);
    this.hear("own", taste.autoPlay ? 0 : null);
    this.prepare(trail);
  }

  /** Loads what may be heard next, and lets go of the rest. */
  prepare(trail) {
    const { clip } = trail.here;
    const next = trail.coming.slice(0, PREPARED).map((entry) => entry.clip);
    const sounds = [clip, ...(clip.prod ? [clip.prod] : []), ...next];
    this.decks.keep([...sounds, ...clip.neighbours]);
    for (const sound of sounds) this.adjust(this.decks.of(sound), sound);
  }

  /** The same clip, of which more is known now. What sounds goes on. */
  learn(clip) {
    if (!this.deck) return;
    this.clip = clip;
    this.wave.draw(this.soundOf(this.heard) ?? clip, this.deck.audio);
  }

  soundOf(name) {
    if (name === "own") return this.clip;
    return name === "live"
      ? this.clip.prod
      : this.clip.neighbours[Number(name.slice("neighbour-".length))];
  }

  /** Shows that version; plays it from `from`, or leaves it ready where that is null. */
  hear(name, from) {
    const sound = this.soundOf(name);
    const deck = this.decks.of(sound);
    if (this.deck !== deck) this.deck?.pause();
    this.deck = deck;
    this.heard = name;
    this.adjust(deck, sound);
    if (from !== null) this.from(from);
    else if (deck.position) deck.seek(0);
    if (deck.problem) this.tell({ ...deck.problem, again: true });
    this.wave.draw(sound, deck.audio);
    this.face.playing(deck.wanted);
    this.face.versions(this.clip, name, (other) => this.switchTo(other));
    this.face.time(deck.position, this.duration);
    this.face.taste(taste, null);
  }

  /** A click on the version that is heard plays or pauses it. */
  switchTo(name) {
    if (name === this.heard) this.toggle();
    else this.hear(name, this.deck.sounding && this.duration > SHORT_S ? this.position : 0);
  }

  leave() {
    this.deck?.pause();
    this.deck = null;
    this.clip = null;
    this.face.playing(false);
  }

  // -- how it plays

  act(action, detail) {
    if (!this.deck) return false;
    const acts = {
      toggle: () => this.toggle(),
      restart: () => this.from(0),
      compare: () => this.clip.prod && this.switchTo(this.heard === "live" ? "own" : "live"),
      neighbour: () => this.nextNeighbour(),
      loop: () => this.loop(),
      region: () => this.wave.select({ [detail]: this.position }),
      speed: () => this.faster(detail),
    };
    if (!(action in acts)) return false;
    acts[action]();
    return true;
  }

  toggle() {
    this.tell(null);
    this.deck.renewed = false;
    if (this.deck.sounding) this.deck.pause();
    else if (this.deck.audio.ended) this.from(this.wave.stretch?.start ?? 0);
    else this.deck.play();
    this.face.playing(this.deck.wanted);
  }

  from(seconds) {
    if (seconds > 0 || this.deck.position > 0) this.deck.seek(seconds);
    this.deck.play();
    this.face.playing(true);
  }

  seek(seconds) {
    this.deck?.seek(Math.min(Math.max(seconds, 0), this.duration || seconds));
  }

  seekBy(seconds) {
    this.seek(this.position + seconds);
    return true;
  }

  nextNeighbour() {
    const { length } = this.clip.neighbours;
    if (!length) return;
    const now = this.heard.startsWith("neighbour-")
      ? Number(this.heard.slice("neighbour-".length))
      : -1;
    this.hear(now + 1 < length ? `neighbour-${now + 1}` : "own", 0);
  }

  loop() {
    if (this.wave.stretch) this.clear();
    else this.prefer({ loop: !taste.loop });
  }

  clear() {
    this.wave.clear();
    this.onStretch();
  }

  onStretch() {
    this.face.taste(taste, this.wave.stretch);
    if (this.wave.stretch) this.from(this.wave.stretch.start);
  }

  faster(by) {
    const at = SPEEDS.indexOf(taste.speed) + by;
    if (SPEEDS[at]) this.prefer({ speed: SPEEDS[at] });
    this.face.say(`${taste.speed} times`);
  }

  prefer(change) {
    Object.assign(taste, change);
    keep();
    this.face.taste(taste, this.wave.stretch);
    if (!this.clip) return;
    for (const sound of [this.clip, this.clip.prod, ...this.clip.neighbours]) {
      if (sound && this.decks.has(sound)) this.adjust(this.decks.of(sound), sound);
    }
  }

  /** The speed, and the volume at which a clip and its live version are equally loud. */
  adjust({ audio }, sound) {
    const { clip } = this;
    const levels =
      clip?.prod && (sound === clip || sound === clip.prod)
        ? [clip.loudness_lufs, clip.prod.loudness_lufs]
        : [];
    const known = levels.length && levels.every((level) => typeof level === "number");
    // only ever quieter: a browser makes nothing louder than it is
    const gain = known ? 10 ** ((Math.min(...levels) - sound.loudness_lufs) / 20) : 1;
    audio.volume = taste.volume * gain;
    audio.loop = taste.loop;
    audio.defaultPlaybackRate = taste.speed; // a new source starts with the default
    audio.playbackRate = taste.speed;
  }

  onDeck(what, deck) {
    if (deck !== this.deck) return;
    if (what === "ended") deck.wanted = false;
    if (what === "blocked") {
      this.tell({
        what: "Press Space to begin.",
        remedy: "The browser plays nothing by itself before a key or a click.",
      });
    }
    if (what === "problem") this.tell({ ...deck.problem, again: true });
    if (what === "playing") deck.problem = null;
    if (what === "metadata" && !this.duration) this.wave.draw(this.soundOf(this.heard), deck.audio);
    this.face.playing(deck.wanted);
  }

  dispose() {
    this.listening.abort();
    this.decks.keep([]);
    this.wave.destroy();
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(TASTE_KEY));
  } catch {
    return {}; // forbidden, or not ours
  }
}

function keep() {
  try {
    localStorage.setItem(TASTE_KEY, JSON.stringify(taste));
  } catch {
    // full or forbidden: it lasts as long as the page
  }
}
