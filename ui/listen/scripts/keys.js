// What the keys do. Streamlit takes R and C for itself, and reads the whole page: a key that is
// meant for Listen, and every key typed into one of its fields, must not reach it.

/** [keys, action, what the help sheet says]. Letters are found by their place where the layout has
 *  no Latin ones. */
export const KEYS = [
  [["Space"], "toggle", "Play or pause"],
  [["A"], "approve", "Approve"],
  [["X"], "reject", "Reject, with the reasons chosen"],
  [["S"], "second", "Needs a second ear"],
  [["1–9"], "reason", "Choose a reason, or take it back"],
  [["N"], "note", "Write a note"],
  [["T"], "mark", "Note what is wrong at this moment"],
  [["U"], "undo", "Undo the last verdict"],
  [["J"], "next", "Next clip, without a verdict"],
  [["K"], "back", "Previous clip"],
  [["B"], "compare", "Compare with what is live, equally loud"],
  [["V"], "neighbour", "Hear the same phrase in its other voices"],
  [["←", "→"], "seek", "Back, forward"],
  [["Home"], "restart", "From the beginning"],
  [["L"], "loop", "Repeat"],
  [["I", "O"], "region", "Begin and end of the stretch to repeat; or drag over the waveform"],
  [["Esc"], "clear", "All of the clip again; leave a field"],
  [[",", "."], "speed", "Slower, faster; the pitch stays"],
  [["?"], "help", "These keys"],
];

const ACTIONS = {
  " ": ["toggle"],
  a: ["approve"],
  x: ["reject"],
  s: ["second"],
  n: ["note"],
  t: ["mark"],
  u: ["undo"],
  j: ["next"],
  k: ["back"],
  b: ["compare"],
  v: ["neighbour"],
  l: ["loop"],
  i: ["region", "start"],
  o: ["region", "end"],
  home: ["restart"],
  escape: ["clear"],
  ",": ["speed", -1],
  ".": ["speed", 1],
  arrowleft: ["seek", -1],
  arrowright: ["seek", 1],
  "?": ["help"],
  enter: ["confirm"],
};
const REPEATS = new Set(["seek", "speed"]); // held down; a verdict is given once a press
const FIELDS = "input:not([type=range]), textarea, select, [contenteditable]";
const WIDGETS =
  "input, [role=combobox], [role=listbox], [role=option], [role=radio], [role=radiogroup]," +
  " [role=tab], [role=slider], [role=menu], [role=menuitem], [role=spinbutton], [role=grid], canvas, summary";

const MOVES = new Set([
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);

/** Calls `act(action, detail)` for every key meant for Listen, from wherever on the page it comes.
 *  `act` returns false for what it has no use for now. */
export function listenToKeys(root, act, signal) {
  const heard = (event) => {
    const target = event.composedPath()[0];
    const ours = event.composedPath().includes(root);
    if (target.matches?.(FIELDS)) {
      if (ours) inField(event, target, act);
      return;
    }
    const found = meant(event, target, ours, root);
    if (!found) {
      if (ours && MOVES.has(event.key)) event.stopImmediatePropagation(); // a slider of ours moves
      return;
    }
    const [action, detail] = found;
    if (!(event.repeat && !REPEATS.has(action)) && act(action, detail) === false) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // before Streamlit's own: on the way down, and at the window
  window.addEventListener("keydown", heard, { capture: true, signal });
}

function inField(event, target, act) {
  event.stopImmediatePropagation();
  const leaves = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey);
  if (!leaves || event.isComposing) return;
  event.preventDefault();
  target.blur();
  act("left");
}

function meant(event, target, ours, root) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  if (!ours && (target.closest?.(WIDGETS) || document.querySelector("[role=dialog]"))) return null;
  if (root.querySelector("dialog[open]") && event.key !== "?") return null;
  if (ours && target.matches("[type=range]") && MOVES.has(event.key)) return null;
  // a button that was reached by keyboard is pressed by Space and Enter
  if (
    (event.key === " " || event.key === "Enter") &&
    target.closest?.("button, a, summary")?.matches(":focus-visible")
  )
    return null;
  if (event.key === "?") return ACTIONS["?"];
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (digit && !event.shiftKey) return ["reason", Number(digit) - 1];
  const latin = /^Key([A-Z])$/.exec(event.code)?.[1];
  const key = event.key.length === 1 && event.key > "\u007f" && latin ? latin : event.key;
  return ACTIONS[key.toLowerCase()] ?? null;
}
