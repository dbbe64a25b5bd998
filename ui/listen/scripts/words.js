// What is shown, in words. All of it ends in textContent.

const ROLES = {
  target1: "First voice",
  target2: "Second voice",
  source: "Known language",
  presentation: "Introduction",
};
const CADENCES = { natural: "natural", slow: "slow", fast: "fast" };
export const DECISIONS = {
  approved: "Approved",
  rejected: "Rejected",
  "second-ear": "Needs a second ear",
};

/** A key with everything in it that cannot be seen shown by its code point, as the console does. */
export function visible(key) {
  return key.replace(
    /\p{C}|[\u2028\u2029]/gu,
    (char) => `\\u{${char.codePointAt(0).toString(16)}}`,
  );
}

/** "First voice, slow" */
export function voice({ role, cadence }) {
  return [ROLES[role] ?? role, CADENCES[cadence] ?? cadence].filter(Boolean).join(", ");
}

/** "Italian" for "it"; "" where the browser does not know it. */
export function language(tag) {
  if (!tag) return "";
  try {
    const name = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(tag);
    return name ?? tag;
  } catch {
    return tag; // no language tag at all
  }
}

export function count(number) {
  return number.toLocaleString("en");
}

export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** -16.04 -> "−16.0" */
export function signed(number, digits = 1) {
  const text = Math.abs(number).toFixed(digits);
  return number < 0 && Number(text) ? `−${text}` : text;
}

/** "about 2 h 10 min left" */
export function timeLeft(minutes) {
  if (!minutes) return "";
  if (minutes < 60) return `about ${minutes} min left`;
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `about ${hours} h ${minutes % 60} min left`
    : `about ${plural(Math.round(hours / 24), "day")} left`;
}

/** [label, value, whether it is off what the project allows] for each thing measured. */
export function measures(clip, limits) {
  const rows = [];
  const { loudness_lufs: lufs, true_peak_dbtp: peak } = clip;
  if (lufs !== null && lufs !== undefined) {
    const off = Math.abs(lufs - limits.target_lufs) > limits.tolerance_lu;
    rows.push(["Loudness", `${clip.loudness_estimated ? "about " : ""}${signed(lufs)} LUFS`, off]);
  }
  if (peak !== null && peak !== undefined) {
    rows.push(["Peak", `${signed(peak)} dBTP`, peak > limits.max_dbtp]);
  }
  if (typeof clip.lead_silence_s === "number") {
    rows.push([
      "Silence",
      `${clip.lead_silence_s.toFixed(2)} s before, ${clip.trail_silence_s.toFixed(2)} s after`,
      clip.lead_silence_s > limits.lead_s || clip.trail_silence_s > limits.trail_s,
    ]);
  }
  if (clip.manifest_duration_s > 0) {
    rows.push(["Manifest", `${clip.manifest_duration_s.toFixed(2)} s`, false]);
  }
  return rows;
}
