// Facts as a definition list. Every string becomes text, never markup.

const FEEDBACK_MS = 1_500;
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  ok: ["OK", "M5 12.5l4.5 4.5L19 7.5"],
  warning: ["Warning", "M12 4 2.8 20h18.4zM12 10v4.5m0 2.4v.1"],
  error: ["Error", "M7.5 7.5l9 9m0-9-9 9"],
  copy: ["", "M9 9V5h10v10h-4M5 9h10v10H5z"],
};
// Swedish writes dates as the table does, 2026-11-21 07:28:01, in the reader's own zone.
const LOCAL = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "short",
  timeStyle: "medium",
});

export default function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".facts");
  root.replaceChildren(...data.sections.map(section));
}

function section({ title, rows }) {
  const list = element("dl", "", ...rows.map(row));
  if (!title) return element("section", "", list);
  return element("section", "", element("h4", "", title), list);
}

function row(fact) {
  const value = element("dd", fact.mono ? "mono" : "");
  if (fact.title) value.title = fact.title;
  if (fact.tone) value.append(icon(fact.tone));
  const text = fact.time ? localTime(fact) : element("span", "value", fact.value);
  value.append(text);
  if (fact.tone) value.classList.add(fact.tone);
  if (fact.copy !== null) value.append(...copying(fact, text));
  if (!fact.label) return element("div", "wide", element("dt", "unseen", "Note"), value);
  return element("div", "", element("dt", "", fact.label), value);
}

function localTime({ time, value, title }) {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return element("span", "value", value);
  const shown = element("time", "value", LOCAL.format(moment));
  const utc = `${moment.toISOString().replace("T", " ").slice(0, 19)} UTC`;
  shown.dateTime = moment.toISOString();
  shown.title = title ? `${utc}\n${title}` : utc;
  return shown;
}

function copying({ label, copy }, text) {
  const button = element("button", "copy", icon("copy"));
  const status = element("span", "status");
  button.type = "button";
  button.title = "Copy";
  button.setAttribute("aria-label", `Copy ${label}`.trim());
  status.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    status.textContent = (await copied(copy)) ? "Copied" : selected(text);
    setTimeout(() => status.replaceChildren(), FEEDBACK_MS);
  });
  return [button, status];
}

/** True when `text` is on the clipboard; pages without https have only the old way. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByEvent(text);
  }
}

function copiedByEvent(text) {
  let done = false;
  const give = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
    done = true;
  };
  document.addEventListener("copy", give, { capture: true });
  document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
  return done;
}

function selected(node) {
  getSelection().selectAllChildren(node);
  return "Press Ctrl+C to copy";
}

function icon(name) {
  const [meaning, path] = ICONS[name];
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", path);
  drawing.append(line);
  if (meaning) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", meaning);
  } else {
    drawing.setAttribute("aria-hidden", "true");
  }
  return drawing;
}

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children); // strings become text nodes
  return made;
}
