// The welcomes, one row a course. Text goes in by textContent only: texts and voices are not trusted.

const KINDS = ["c-course", "c-text", "c-voice", "c-length", "c-steps", "c-todo", "c-changed"];
const WORDS = { yes: "yes", other: "another recording", no: "not yet" };

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const text = (tag, words, kind) => element(tag, { class: kind }, words);

// Swedish writes dates as every table here does, 2026-11-21 07:28, in the reader's own zone.
const LOCAL = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
const time = (at) => {
  const moment = new Date(at);
  if (!at || Number.isNaN(moment.getTime())) return "";
  const shown = text("time", LOCAL.format(moment));
  shown.dateTime = moment.toISOString();
  shown.title = `${at.replace("T", " ").slice(0, 19)} UTC`;
  return shown;
};

const step = ([words, state]) =>
  element("li", { class: state, title: `${words}: ${WORDS[state]}` }, text("span", words),
    text("span", `: ${WORDS[state]}`, "unseen"));

const row = (one) => {
  const link = element("a", { href: one.href }, text("span", one.name, "text"));
  const cells = [
    [null, link, text("span", one.code, "code text")],
    [one.text, text("span", one.text || "–", one.text ? "text" : "none")],
    [one.voice, text("span", one.voice || "–", one.voice ? "text" : "none")],
    [null, one.length || text("span", "–", "none")],
    [null, element("ol", {}, ...one.steps.map(step))],
    [one.todo.map(([words]) => words).join("\n"), element("ul", {}, ...one.todo.map(([words, tone]) => text("li", words, tone)))],
    [one.who, time(one.changed), text("span", one.who, "who text")],
  ];
  return element("tr", { "data-course": one.code },
    ...cells.map(([title, ...inside], at) => element("td", { class: KINDS[at], title }, ...inside)));
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".welcomes");
  const heads = data.columns.map(([label, href, sorted], at) =>
    element("th", { scope: "col", class: KINDS[at], "aria-sort": sorted }, href ? element("a", { href }, label) : label));
  const table = () => element("table", {},
    element("colgroup", {}, ...KINDS.map((kind) => element("col", { class: kind }))),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...data.rows.map(row)));
  const empty = () => element("div", { class: "empty" }, text("p", data.empty[0]), text("small", data.empty[1]));
  const kept = document.activeElement === root.getRootNode().host ? root.getRootNode().activeElement?.getAttribute("href") : null;
  root.replaceChildren(
    element("div", { class: "frame" }, data.rows.length ? table() : empty()),
    element("div", { class: "foot" }, element("span", { class: "count", role: "status" }, data.count),
      text("span", data.rows.length ? "↑ ↓ move · Enter opens" : "", "keys")));
  const links = [...root.querySelectorAll("tbody a")];
  links.find((link) => link.getAttribute("href") === kept)?.focus();

  const follow = (href) => setTriggerValue("go", href);
  root.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const anchor = event.target.closest("a") ?? event.target.closest("tbody tr")?.querySelector("a");
    // who marks some text with the mouse does not want to leave over it
    if (!anchor || String(document.getSelection())) return;
    event.preventDefault();
    follow(anchor.getAttribute("href"));
  };
  root.onkeydown = (event) => {
    const position = links.indexOf(event.target.closest("tbody a"));
    if (position < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = { ArrowDown: position + 1, ArrowUp: position - 1, Home: 0, End: links.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    links[target]?.focus();
    links[target]?.closest("tr").scrollIntoView({ block: "nearest" });
  };
}
