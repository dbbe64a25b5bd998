// Who hears what, and what becomes of it: keys and buttons in, sound and verdicts out.

import { forgetDraft, keepDraft, restoreDraft } from "./drafts.js";
import { Face } from "./face.js";
import { listenToKeys } from "./keys.js";
import { ask, Refusal } from "./server.js";
import { outboxOf } from "./outbox.js";
import { Sounds } from "./sounds.js";
import { midnight, Trail } from "./trail.js";
import { DECISIONS } from "./words.js";
import { NOTHING, tell, WAITS } from "./telling.js";

const STEP_S = 0.5; // an arrow key, in a clip of seconds
const LONG_S = 20;
const LONG_STEP_S = 3;
const VERDICTS = { approve: "approved", reject: "rejected", second: "second-ear" };

export class Desk {
  identity = "";
  done = []; // {entry, nonce}: what U takes back
  measure = () => {}; // has the page measure what is heard
  asking = false; // a rejection without a reason waits for one
  listening = new AbortController();

  constructor(root) {
    this.root = root;
    this.face = new Face(root);
    this.sounds = new Sounds(root, this.face, (problem) => this.onSound(problem));
    const { signal } = this.listening;
    listenToKeys(root, (action, detail) => this.act(action, detail), signal);
    root.addEventListener("click", (event) => this.onClick(event), { signal });
    this.face.part("note").addEventListener("input", () => this.onNote(), { signal });
    this.face
      .part("reasons")
      .addEventListener("click", () => this.root.focus({ preventScroll: true }), { signal });
  }

  // -- what to hear

  show(data) {
    const identity = JSON.stringify([data.query, data.person, data.first]);
    const another = this.data?.turn !== data.turn;
    this.data = data;
    this.sounds.recolor();
    if (identity === this.identity) {
      if (this.trail.here) this.face.wave(this.trail.here.clip, data);
      return another ? this.learn() : undefined;
    }
    this.identity = identity;
    this.done = [];
    this.face.reasons(data.reasons, (at) => this.act("reason", at));
    this.follow(outboxOf(data.person));
    this.begin();
  }

  follow(outbox) {
    this.outbox = outbox;
    outbox.onChange = () => this.paintSaved();
    outbox.onProgress = (progress) => this.face.progress(progress);
    if (outbox.waiting) outbox.hurry();
    this.paintSaved();
  }

  async begin() {
    this.trail?.end();
    this.sounds.leave();
    this.face.empty("Finding what to hear next…", "");
    const unsent = () => [...this.outbox.kept.values()].map(({ key }) => key);
    const trail = new Trail(this.data.query, unsent, {
      more: () => this.onMore(),
      progress: (progress) => this.face.progress(progress),
    });
    this.trail = trail;
    if (this.data.first) await this.beginWith(trail, this.data.first);
    if (trail === this.trail) trail.fill();
  }

  async beginWith(trail, key) {
    try {
      const { clips } = await ask("/api/ui/next", { ...this.data.query, count: 1, key });
      if (trail !== this.trail || !clips.length) return;
      trail.put(clips[0]);
      this.arrive();
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      this.face.banner({ what: problem.message, remedy: problem.remedy });
    }
  }

  /** More is known of the clips by now: of those to come, and of the one that is heard. */
  async learn() {
    const { trail } = this;
    trail.askAnew();
    const { here } = trail;
    if (!here || here.clip.measured) return;
    try {
      const { key, etag, size } = here.clip;
      const { clips } = await ask("/api/ui/next", { ...this.data.query, count: 1, key });
      if (here !== trail.here || clips[0]?.etag !== etag || clips[0].size !== size) return;
      here.clip = clips[0];
      this.face.clip(here, this.data);
      if (this.asking) this.askWhy();
      this.sounds.learn(here.clip);
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem; // it stays as it is
    }
  }

  onMore() {
    const { trail } = this;
    if (trail.waiting && trail.here) {
      trail.waiting = false;
      this.arrive();
    } else if (trail.here) {
      this.sounds.prepare(trail);
    } else if (trail.trouble) {
      this.face.empty(trail.trouble.message, trail.trouble.remedy);
    } else if (trail.pause) {
      this.face.empty(...WAITS[trail.pause](trail.listed));
    } else if (trail.over) {
      this.face.empty(...(trail.total ? this.data.empty : NOTHING));
    }
    this.paintSaved();
  }

  arrive() {
    const { here } = this.trail;
    this.asking = false;
    this.sounds.show(this.trail); // first of all: the person listens
    restoreDraft(here);
    this.face.clip(here, this.data);
    this.paintMarks();
  }

  // -- what the person does

  onClick(event) {
    const button = event.target.closest("button[data-act]");
    if (button) this.act(button.dataset.act);
    // so that Space plays, and does not press the same button again
    if (event.target.closest("button") && !event.target.matches(":focus-visible")) {
      this.root.focus({ preventScroll: true });
    }
  }

  /** False for what makes no sense now. */
  act(action, detail) {
    if (action === "help") return this.help();
    if (action === "undo") return this.undo();
    if (action === "measure") return this.measure();
    if (!this.trail.here) return false;
    if (action in VERDICTS) return this.judge(VERDICTS[action]);
    const own = {
      reason: () => this.reason(detail),
      confirm: () => (this.asking ? this.judge("rejected") : false),
      note: () => this.face.part("note").focus(),
      mark: () => this.mark(),
      next: () => this.move(1),
      back: () => this.move(-1),
      left: () => this.root.focus({ preventScroll: true }),
      clear: () => this.clear(),
      seek: () =>
        this.sounds.seekBy(detail * (this.sounds.duration > LONG_S ? LONG_STEP_S : STEP_S)),
    }[action];
    return own ? own() : this.sounds.act(action, detail);
  }

  help() {
    const sheet = this.face.part("help");
    if (sheet.open) sheet.close();
    else sheet.showModal();
  }

  judge(decision) {
    const { here } = this.trail;
    const { clip, draft } = here;
    if (decision === "rejected" && !draft.reasons.size && !draft.note.trim()) {
      this.asking = true;
      this.askWhy();
      return true;
    }
    const { order: _order, ...place } = this.data.query;
    here.nonce = this.outbox.add(place, {
      key: clip.key,
      etag: clip.etag,
      size: clip.size,
      version_id: clip.version_id ?? "",
      decision,
      reasons: decision === "approved" ? [] : [...draft.reasons],
      note: draft.note.trim(),
      marks: draft.marks.map(({ t, text }) => ({ t, text: text.trim() })),
      at: new Date().toISOString(),
    });
    here.verdict = decision;
    forgetDraft(here);
    this.done.push({ entry: here, nonce: here.nonce });
    this.asking = false;
    if (this.sounds.taste.autoNext) this.move(1, `${DECISIONS[decision]}. `);
    else this.face.clip(here, this.data);
    return true;
  }

  askWhy() {
    this.face.asks("Why? Choose one or more reasons or write a note, then X or Enter.");
  }

  move(by, before = "") {
    if (this.trail.step(by)) {
      this.arrive();
      this.face.say(before, this.trail.here.clip);
      return true;
    }
    if (by > 0) {
      this.sounds.leave();
      this.face.say(before);
      this.face.empty("Finding what to hear next…", "");
      if (!this.trail.asked) this.onMore();
    }
    return true;
  }

  reason(at) {
    const reason = this.data.reasons[at];
    if (!reason) return false;
    const { draft } = this.trail.here;
    if (!draft.reasons.delete(reason.code)) draft.reasons.add(reason.code);
    const asking = this.asking;
    this.face.draft(this.trail.here, this.data.reasons);
    if (asking) this.face.asks("X or Enter rejects it with these reasons.");
    this.face.say(`${reason.title}${draft.reasons.has(reason.code) ? "" : ", taken back"}`);
    keepDraft(this.trail.here);
    return true;
  }

  clear() {
    if (this.asking) {
      this.asking = false;
      this.face.asks("");
    } else {
      this.sounds.clear();
    }
    return true;
  }

  onNote() {
    if (!this.trail.here) return;
    this.trail.here.draft.note = this.face.part("note").value;
    this.face.grow();
    keepDraft(this.trail.here);
  }

  mark() {
    const { draft } = this.trail.here;
    draft.marks.push({ t: Number(this.sounds.position.toFixed(2)), text: "" });
    this.paintMarks();
    keepDraft(this.trail.here);
    this.face.part("marks").lastElementChild.querySelector("input").focus();
    return true;
  }

  paintMarks() {
    const { here } = this.trail;
    const changed = (change) => {
      change();
      keepDraft(here);
    };
    this.face.marks(here.draft, this.sounds.duration, {
      seek: (t) => this.sounds.from(t),
      write: (at, text) =>
        changed(() => {
          here.draft.marks[at].text = text;
        }),
      remove: (at) => {
        changed(() => here.draft.marks.splice(at, 1));
        this.paintMarks();
      },
    });
  }

  async undo() {
    const last = this.done.pop();
    if (!last) {
      this.face.say("Nothing to undo");
      return;
    }
    try {
      await this.takeBack(last.nonce);
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      this.done.push(last);
      this.face.banner({ what: problem.message, remedy: problem.remedy });
      return;
    }
    last.entry.verdict = null;
    if (this.trail.goTo(last.entry)) this.arrive();
    this.face.say("Taken back");
  }

  async takeBack(nonce) {
    if (this.outbox.withdraw(nonce)) return;
    await this.outbox.flight;
    if (this.outbox.withdraw(nonce)) return; // it did not get through
    const { order: _order, ...place } = this.data.query;
    const verdict = { since: midnight(), verdict_id: this.outbox.confirmed.get(nonce) };
    const answer = await ask("/api/ui/undo", { ...place, ...verdict });
    if (answer.progress) this.face.progress(answer.progress);
  }

  // -- what is told

  onSound(problem) {
    this.face.banner(
      problem,
      problem?.again && { words: "Try again", act: () => this.sounds.act("toggle") },
    );
  }

  paintSaved() {
    tell(this.face, this.outbox, this.trail?.trouble);
  }

  dispose() {
    this.listening.abort();
    this.trail?.end();
    this.sounds.dispose();
    if (this.outbox) Object.assign(this.outbox, { onChange() {}, onProgress() {} });
  }
}
