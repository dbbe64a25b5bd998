// The audio player over one <audio> element. Joined with asking.js and measures.js in front.

const ALIVE_S = 10; // a source that sounded this long may be renewed again
const taste = { volume: 1, muted: false, speed: 1, loop: false }; // kept from one clip to the next
let sounding = null; // only one player on the page is heard

class Player {
  mounts = 0;
  identity = ""; // of the bytes: layout, role, key, etag
  source = null; // {url, expires}: what the element plays
  turn = 0; // counts sources: an answer that comes late belongs to an older turn
  wantsSound = false;
  position = 0; // seconds; the element forgets its own when it fails
  duration = 0; // seconds; 0 while unknown
  began = 0; // the position at which this source began
  hasMetadata = false; // before, the element's own position means nothing
  renewed = false; // by itself; not again before the person does something or it plays
  dragging = false;
  frame = 0;

  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.audio.preservesPitch = true;
    this.listening = new AbortController();
    this.listen();
    this.applyTaste();
  }

  part(name) {
    return this.root.querySelector(`.${name}`);
  }

  listen() {
    const on = (target, name, act) =>
      target.addEventListener(name, act, { signal: this.listening.signal });
    on(this.root, "keydown", (event) => this.onKey(event));
    on(this.part("play"), "click", () => this.toggle());
    on(this.part("again"), "click", () => this.renew(true));
    on(this.part("seek"), "input", () => this.onDrag());
    on(this.part("seek"), "change", () => this.onDrop());
    on(this.part("loop"), "click", () => this.prefer({ loop: !taste.loop }));
    on(this.part("mute"), "click", () => this.prefer({ muted: !taste.muted }));
    on(this.part("speed"), "change", (event) => this.prefer({ speed: +event.target.value }));
    on(this.part("volume"), "input", (event) =>
      this.prefer({ volume: +event.target.value, muted: false }),
    );
    on(this.audio, "loadedmetadata", () => this.onMetadata());
    on(this.audio, "error", () => this.onError());
    on(this.audio, "play", () => this.onPlay());
    on(this.audio, "pause", () => this.onPause());
    on(this.audio, "ended", () => this.setWanted(false));
    on(this.audio, "waiting", () => this.setLoading(true));
    for (const name of ["playing", "canplay", "seeked"]) {
      on(this.audio, name, () => this.setLoading(false));
    }
    for (const name of ["timeupdate", "seeking", "progress", "durationchange"]) {
      on(this.audio, name, () => this.paint());
    }
  }

  // -- what to play

  show(data) {
    const identity = JSON.stringify(data.renew);
    const source = sourceOf(data);
    this.contentType = data.content_type;
    this.part("name").textContent = data.name;
    this.part("name").title = data.name;
    this.root.setAttribute("aria-label", `Audio player: ${data.name}`);
    if (identity !== this.identity) {
      this.identity = identity;
      this.renewed = false;
      this.duration = 0;
      this.part("seek").disabled = true;
      this.setWanted(false);
      this.load(source, 0);
    } else if (source.url !== this.source.url && !this.part("problem").hidden) {
      this.load(source, this.position);
    }
  }

  load(source, position) {
    this.turn += 1;
    this.source = source;
    this.position = position;
    this.began = position;
    this.hasMetadata = false;
    this.showProblem(null);
    this.audio.pause();
    this.audio.src = source.url;
    this.setLoading(this.wantsSound);
    this.paint();
  }

  onMetadata() {
    if (this.position > 0) this.audio.currentTime = this.position;
    this.hasMetadata = true;
    this.part("seek").disabled = false;
    this.paint();
    if (this.wantsSound) this.start();
  }

  async start() {
    try {
      await this.audio.play();
    } catch (refusal) {
      // AbortError: overtaken by a pause or another source; a failed load has its own event
      if (refusal.name === "NotAllowedError") this.setWanted(false);
    }
  }

  /** Go on with a newer URL of the same bytes, at the same position. */
  async renew(wantsSound, position = this.position) {
    this.setWanted(wantsSound);
    this.position = position;
    this.hasMetadata = false;
    const turn = ++this.turn;
    this.setLoading(true);
    try {
      const source = await askForUrl(this.identity);
      if (turn === this.turn) this.load(source, this.position);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn) this.showProblem(problem);
    }
  }

  async onError() {
    const { error } = this.audio;
    const turn = this.turn;
    if (!error) return; // of a source that is replaced already
    if (error.code !== MediaError.MEDIA_ERR_DECODE && !this.renewed) {
      this.renewed = true; // an expired URL and a broken file look alike: renewing tells
      this.renew(this.wantsSound);
      return;
    }
    const problem = await diagnose(this.source.url, this.contentType);
    if (turn === this.turn) this.showProblem(problem);
  }

  dispose() {
    this.turn += 1;
    this.listening.abort();
    cancelAnimationFrame(this.frame);
    if (sounding === this) sounding = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load(); // lets go of the connection
  }

  // -- what the person does

  toggle() {
    this.renewed = false;
    if (this.wantsSound) {
      this.setWanted(false);
      this.audio.pause();
    } else if (this.isExpired() || this.audio.error) {
      this.renew(true);
    } else {
      this.setWanted(true);
      if (this.audio.ended) this.audio.currentTime = 0;
      this.start();
    }
  }

  seek(seconds) {
    if (!this.duration) return;
    const target = Math.min(Math.max(seconds, 0), this.duration);
    this.renewed = false;
    this.position = target;
    if (this.isExpired() || this.audio.error) this.renew(this.wantsSound, target);
    else this.audio.currentTime = target;
    this.paint();
  }

  isExpired() {
    return Date.now() >= this.source.expires;
  }

  onDrag() {
    this.dragging = true;
    this.position = +this.part("seek").value;
    this.paint();
  }

  onDrop() {
    this.dragging = false; // asked of the store once, not at every pixel
    this.seek(+this.part("seek").value);
  }

  onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("select, .volume") || (key === " " && target.matches("button"))) return;
    const step = this.duration > 60 ? 5 : 1;
    const act = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.position - step),
      ArrowRight: () => this.seek(this.position + step),
      ArrowUp: () => this.prefer({ volume: Math.min(taste.volume + 0.1, 1), muted: false }),
      ArrowDown: () => this.prefer({ volume: Math.max(taste.volume - 0.1, 0) }),
      Home: () => this.seek(0),
      End: () => this.seek(this.duration),
    }[key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  prefer(change) {
    Object.assign(taste, change);
    this.applyTaste();
  }

  applyTaste() {
    Object.assign(this.audio, { volume: taste.volume, muted: taste.muted, loop: taste.loop });
    this.audio.defaultPlaybackRate = taste.speed; // a new source starts with the default
    this.audio.playbackRate = taste.speed;
    this.part("speed").value = String(taste.speed);
    this.part("loop").setAttribute("aria-pressed", taste.loop);
    this.part("mute").setAttribute("aria-pressed", taste.muted);
    this.part("volume").value = taste.volume;
    this.part("volume").style.setProperty("--filled", percent(taste.muted ? 0 : taste.volume, 1));
  }

  // -- what is seen

  onPlay() {
    if (sounding !== this) sounding?.hush();
    sounding = this;
    this.applyTaste(); // another player on the page may have changed it
    this.setWanted(true);
    this.animate();
  }

  onPause() {
    // a source that is replaced or has failed pauses too, and is to go on
    if (!this.audio.error && this.audio.readyState > 0) this.setWanted(false);
  }

  hush() {
    this.setWanted(false);
    this.audio.pause();
  }

  setWanted(wanted) {
    this.wantsSound = wanted;
    this.root.classList.toggle("playing", wanted);
    this.part("play").setAttribute("aria-label", wanted ? "Pause" : "Play");
  }

  setLoading(loading) {
    this.root.classList.toggle("loading", loading);
    this.root.setAttribute("aria-busy", loading);
  }

  showProblem(problem) {
    if (problem) {
      this.setWanted(false);
      this.setLoading(false);
      this.audio.pause(); // what it holds in advance may still sound
    }
    this.part("what").textContent = problem?.message ?? "";
    this.part("remedy").textContent = problem?.remedy ?? "";
    this.part("problem").hidden = !problem;
  }

  animate() {
    cancelAnimationFrame(this.frame);
    if (this.audio.paused || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.paint();
    this.frame = requestAnimationFrame(() => this.animate());
  }

  paint() {
    const { audio } = this;
    if (this.hasMetadata && !audio.error) {
      this.duration = Number.isFinite(audio.duration) ? audio.duration : 0;
      if (!this.dragging) this.position = audio.currentTime;
      if (this.position > this.began + ALIVE_S) this.renewed = false;
    }
    const { duration, position } = this;
    const seek = this.part("seek");
    seek.max = duration;
    seek.value = position;
    seek.style.setProperty("--filled", percent(position, duration));
    seek.style.setProperty("--buffered", percent(bufferedEnd(audio), duration));
    seek.setAttribute("aria-valuetext", `${clock(position, duration)} of ${clock(duration, duration)}`);
    this.part("now").textContent = clock(position, duration);
    this.part("total").textContent = duration ? clock(duration, duration) : "–:––";
  }
}
