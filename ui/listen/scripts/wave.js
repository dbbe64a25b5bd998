// The waveform: peaks that the console measured, silence shaded, a stretch to repeat, and where it
// is. The sound itself is a deck's.

import RegionsPlugin from "./vendor/regions.esm.js";
import WaveSurfer from "./vendor/wavesurfer.esm.js";

const HEIGHT_PX = 116;
const LEAST_S = 0.05; // a stretch shorter than this was a click
const FULL_SCALE = 127; // int8

export class Wave {
  duration = 0;
  stretch = null; // {start, end} to repeat
  silences = [];
  token = 0;

  /** `on.seek(seconds)` and `on.stretch()` are called when the person does so. */
  constructor(box, on) {
    this.box = box;
    this.on = on;
    this.regions = RegionsPlugin.create();
    this.surfer = WaveSurfer.create({
      container: box,
      height: HEIGHT_PX,
      media: new Audio(), // of nothing, until a deck is shown
      cursorWidth: 2,
      interact: false, // a click is asked of the deck, which may have to renew its address first
      hideScrollbar: true,
      autoScroll: false,
      plugins: [this.regions],
      ...this.colors(),
    });
    this.surfer.on("click", (share) => on.seek(share * this.duration));
    this.surfer.on("timeupdate", (seconds) => this.repeat(seconds));
    this.regions.enableDragSelection({ color: this.selection(), minLength: LEAST_S });
    this.regions.on("region-created", (region) => this.onSelected(region));
    this.regions.on("region-updated", (region) => this.onSelected(region));
  }

  colors() {
    const style = getComputedStyle(this.box);
    const of = (name) => style.getPropertyValue(name).trim();
    return { waveColor: of("--wave"), progressColor: of("--played"), cursorColor: of("--cursor") };
  }

  selection() {
    return getComputedStyle(this.box).getPropertyValue("--stretch").trim();
  }

  recolor() {
    this.surfer.setOptions(this.colors());
  }

  /** Draws {peaks, duration_s, lead_silence_s, trail_silence_s} over the element that plays it. */
  async draw(sound, audio) {
    const token = ++this.token;
    this.duration = sound.duration_s || (Number.isFinite(audio.duration) ? audio.duration : 0) || 0;
    this.regions.clearRegions();
    this.stretch = null;
    this.silences = [];
    this.surfer.setMediaElement(audio);
    // with the address it has already, so that the element is left alone
    const drawn = this.surfer.load(
      audio.currentSrc || audio.src,
      halves(sound.peaks),
      this.duration || 1,
    );
    try {
      await drawn;
    } catch (failure) {
      if (failure.name === "AbortError") return; // overtaken by the next clip
      throw failure;
    }
    if (token === this.token) this.shade(sound);
  }

  shade({ lead_silence_s: lead = 0, trail_silence_s: trail = 0 }) {
    const quiet = {
      drag: false,
      resize: false,
      color: getComputedStyle(this.box).getPropertyValue("--silent").trim(),
    };
    if (lead > LEAST_S) this.addSilence({ ...quiet, start: 0, end: lead });
    if (trail > LEAST_S && lead < this.duration) {
      this.addSilence({ ...quiet, start: this.duration - trail, end: this.duration });
    }
  }

  addSilence(options) {
    this.silences.push(options.start);
    const region = this.regions.addRegion({ ...options, id: `silent-${options.start}` });
    region.element?.style.setProperty("pointer-events", "none");
  }

  /** Repeats the stretch between two moments; either may be left as it is. */
  select(change) {
    const now = this.stretch ?? { start: 0, end: this.duration };
    const next = { ...now, ...change };
    if (next.end - next.start < LEAST_S) return;
    this.clear();
    this.regions.addRegion({ ...next, id: "stretch", color: this.selection() });
  }

  clear() {
    this.stretch = null;
    for (const region of this.regions.getRegions()) {
      if (!region.id.startsWith("silent-")) region.remove();
    }
  }

  onSelected(region) {
    if (region.id.startsWith("silent-")) return;
    for (const other of this.regions.getRegions()) {
      if (other !== region && !other.id.startsWith("silent-")) other.remove();
    }
    this.stretch = { start: region.start, end: region.end };
    this.on.stretch();
  }

  repeat(seconds) {
    if (this.stretch && seconds >= this.stretch.end) this.on.seek(this.stretch.start);
    this.on.time(seconds);
  }

  destroy() {
    this.surfer.destroy();
  }
}

/** The upper and the lower half of the drawing, each from the middle line outwards. */
function halves(peaks) {
  const values = Int8Array.from(atob(peaks ?? ""), (char) => char.charCodeAt(0));
  const count = Math.max(values.length >> 1, 1);
  const above = new Float32Array(count);
  const below = new Float32Array(count);
  for (let at = 0; 2 * at + 1 < values.length; at += 1) {
    below[at] = Math.max(0, -values[2 * at] / FULL_SCALE);
    above[at] = Math.max(0, values[2 * at + 1] / FULL_SCALE);
  }
  return [above, below];
}
