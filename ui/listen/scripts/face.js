// What the person sees. Strings from outside only by textContent.

import { KEYS } from "./keys.js";
import { clock } from "./measures.js";
import { count, DECISIONS, language, measures, plural, timeLeft, visible, voice } from "./words.js";

/** An element with children; strings become text. */
function made(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export class Face {
  constructor(root) {
    this.root = root;
    this.fillHelp();
  }

  part(name) {
    return this.root.querySelector(`.${name}`);
  }

  fillHelp() {
    this.root
      .querySelector(".help dl")
      .replaceChildren(
        ...KEYS.flatMap(([keys, , words]) => [
          made("dt", "", ...keys.map((key) => made("kbd", "", key))),
          made("dd", "", words),
        ]),
      );
  }

  reasons(list, choose) {
    this.part("reasons").replaceChildren(
      ...list.map(({ title }, at) => {
        const button = made(
          "button",
          "reason",
          ...(at < 9 ? [made("kbd", "", String(at + 1)), " "] : []),
          title,
        );
        button.type = "button";
        button.setAttribute("aria-pressed", "false");
        if (at < 9) button.setAttribute("aria-keyshortcuts", String(at + 1));
        button.addEventListener("click", () => choose(at));
        return button;
      }),
    );
  }

  /** Tells those who do not see it; the phrase in its own language. */
  say(words, { phrase = "", lang = "" } = {}) {
    const said = made("span", "", phrase);
    said.lang = lang;
    this.part("spoken").replaceChildren(words, said);
  }

  // -- the clip

  clip(entry, data) {
    const { clip } = entry;
    this.part("stage").hidden = false;
    this.part("empty").hidden = true;
    const phrase = this.part("phrase");
    phrase.textContent = clip.phrase || visible(clip.key);
    phrase.lang = clip.lang || "";
    phrase.classList.toggle("key", !clip.phrase);
    phrase.classList.toggle("long", (clip.phrase || clip.key).length > 60);
    this.part("who").textContent = [language(clip.lang), voice(clip)].filter(Boolean).join(" · ");
    this.part("why").replaceChildren(...clip.why.map((words) => made("li", "", words)));
    const saidAlready = new Set(clip.why.map((words) => words.toLowerCase()));
    this.part("measures").replaceChildren(
      ...measures(clip, data.limits).flatMap(([label, value, off]) => [
        made("dt", "", label),
        made("dd", off ? "off" : "", value),
      ]),
    );
    this.part("findings").replaceChildren(
      ...clip.findings
        .filter(({ text }) => !saidAlready.has(text.toLowerCase()))
        .map(({ severity, text }) => made("li", severity, text)),
    );
    this.part("earlier").replaceChildren(
      ...clip.verdicts.map((one) => this.earlier(one, data.reasons)),
    );
    this.wave(clip, data);
    this.draft(entry, data.reasons);
  }

  /** Why there is no waveform, and the way to one. */
  wave(clip, data) {
    this.part("no-wave").hidden = Boolean(clip.peaks);
    this.part("no-wave-why").textContent = clip.measured
      ? "No sound was found in it when it was measured."
      : "Not measured yet, so faults do not come first.";
    this.part("measure").hidden = clip.measured || !data.may_measure;
  }

  earlier(verdict, reasons) {
    const titles = new Map(reasons.map(({ code, title }) => [code, title]));
    const why = verdict.reasons.map((code) => titles.get(code) ?? code);
    const words = [DECISIONS[verdict.decision], ...why, verdict.note].filter(Boolean).join(": ");
    const when = new Date(verdict.at).toLocaleString([], {
      dateStyle: "medium",
      timeStyle: "short",
    });
    const who = `${verdict.mine ? "you" : verdict.by}, ${when}`;
    const item = made(
      "li",
      verdict.void ? "void" : verdict.decision,
      made("span", "", words),
      " ",
      made("small", "", who),
    );
    if (verdict.void) item.append(" ", made("small", "", "· of the recording before this one"));
    return item;
  }

  draft(entry, reasons) {
    const { draft, verdict } = entry;
    this.part("note").value = draft.note;
    this.grow();
    [...this.part("reasons").children].forEach((button, at) => {
      button.setAttribute("aria-pressed", draft.reasons.has(reasons[at].code));
    });
    for (const [name, decision] of [
      ["approve", "approved"],
      ["reject", "rejected"],
      ["second", "second-ear"],
    ]) {
      this.part(name).setAttribute("aria-pressed", verdict === decision);
    }
    this.asks("");
  }

  grow() {
    const note = this.part("note");
    note.style.height = "auto";
    if (note.value) note.style.height = `${note.scrollHeight + 2}px`;
  }

  marks(draft, length, { seek, write, remove }) {
    this.part("marks").replaceChildren(
      ...draft.marks.map((mark, at) => {
        const moment = made("button", "moment", clock(mark.t, length));
        moment.type = "button";
        moment.title = "Hear it from here";
        moment.addEventListener("click", () => seek(mark.t));
        const text = made("input", "");
        Object.assign(text, {
          type: "text",
          value: mark.text,
          maxLength: 500,
          placeholder: "What is wrong here?",
        });
        text.setAttribute("aria-label", `Note at ${clock(mark.t, length)}`);
        text.addEventListener("input", () => write(at, text.value));
        const gone = made("button", "remove", "×");
        gone.type = "button";
        gone.setAttribute("aria-label", `Remove the note at ${clock(mark.t, length)}`);
        gone.addEventListener("click", () => remove(at));
        return made("li", "", moment, text, gone);
      }),
    );
  }

  asks(words) {
    this.part("ask").textContent = words;
    this.part("ask").hidden = !words;
  }

  versions(clip, heard, choose) {
    const nodes = [];
    const button = (name, words, key) => {
      const node = made("button", "version", words, ...(key ? [" ", made("kbd", "", key)] : []));
      node.type = "button";
      node.setAttribute("aria-pressed", heard === name);
      node.addEventListener("click", () => choose(name));
      return node;
    };
    if (clip.prod) {
      nodes.push(button("own", "In testing"), button("live", "Live", "B"));
      nodes.push(made("small", "", clip.prod.same ? "the same recording" : matched(clip)));
    } else if (clip.neighbours.length) {
      nodes.push(button("own", "This clip"));
    }
    clip.neighbours.forEach((one, at) => {
      nodes.push(button(`neighbour-${at}`, voice(one) || one.id, at === 0 ? "V" : ""));
    });
    this.part("versions").replaceChildren(...nodes);
    this.part("versions").hidden = !nodes.length;
  }

  // -- how it plays

  playing(sounding) {
    this.root.classList.toggle("playing", sounding);
    this.part("play").setAttribute("aria-label", sounding ? "Pause" : "Play");
  }

  time(seconds, duration) {
    this.part("now").textContent = clock(seconds, duration);
    this.part("total").textContent = duration ? clock(duration, duration) : "–:––";
    const wave = this.part("wave");
    wave.setAttribute("aria-valuemax", duration.toFixed(1));
    wave.setAttribute("aria-valuenow", seconds.toFixed(1));
    wave.setAttribute(
      "aria-valuetext",
      `${clock(seconds, duration)} of ${clock(duration, duration)}`,
    );
  }

  taste(taste, stretch) {
    this.part("speed").value = String(taste.speed);
    this.part("volume").value = taste.volume;
    this.part("auto-play").checked = taste.autoPlay;
    this.part("auto-next").checked = taste.autoNext;
    this.part("loop").setAttribute("aria-pressed", Boolean(taste.loop || stretch));
    this.part("loop").textContent = stretch ? "Repeat stretch" : "Repeat";
  }

  // -- how far it is

  progress({ left, total, today, pace_per_hour: pace, minutes_left: minutes }) {
    this.part("left").textContent = count(left);
    this.part("of").textContent = `of ${plural(total, "clip")} to hear`;
    const share = total ? Math.round((100 * (total - left)) / total) : 100;
    this.part("meter").setAttribute("aria-valuenow", share);
    this.part("meter").firstElementChild.style.width = `${share}%`;
    const parts = [`${count(today)} today`];
    if (pace) parts.push(`${count(Math.round(pace))} an hour`);
    parts.push(timeLeft(minutes));
    this.part("today").textContent = parts.filter(Boolean).join(" · ");
  }

  saved(outbox) {
    const place = this.part("saved");
    const { waiting } = outbox;
    place.classList.toggle("waits", waiting > 0 && Boolean(outbox.trouble));
    if (!waiting) place.textContent = outbox.confirmed.size ? "All saved" : "";
    else place.textContent = outbox.trouble ? `${plural(waiting, "verdict")} kept here` : "Saving…";
  }

  banner(problem, doing) {
    this.part("banner").hidden = !problem;
    if (!problem) return;
    this.root.querySelector(".banner .what").textContent = problem.what;
    this.root.querySelector(".banner .remedy").textContent = problem.remedy ?? "";
    const button = this.part("banner-do");
    button.hidden = !doing;
    button.textContent = doing?.words ?? "";
    button.onclick = doing?.act ?? null;
  }

  empty(title, words) {
    this.part("stage").hidden = true;
    this.part("empty").hidden = false;
    this.root.querySelector(".empty h3").textContent = title;
    this.root.querySelector(".empty p").textContent = words;
  }
}

function matched(clip) {
  const [own, live] = [clip.loudness_lufs, clip.prod.loudness_lufs];
  if (typeof own !== "number" || typeof live !== "number")
    return "not measured, so not equally loud";
  const off = Math.abs(own - live);
  return off < 0.05 ? "equally loud" : `played equally loud; ${off.toFixed(1)} dB apart`;
}
