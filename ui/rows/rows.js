// Rows that are links. Text goes in by textContent only: keys, names and notes are not trusted.

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
  if (!at || Number.isNaN(moment.getTime())) return text("span", "–", "faded");
  const shown = text("time", LOCAL.format(moment));
  shown.dateTime = moment.toISOString();
  shown.title = `${at.replace("T", " ").slice(0, 19)} UTC`;
  return shown;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rows");
  const kind = ({ form, spare }) => `${form}${spare ? " spare" : ""}`;
  const inside = (column, [words, tone]) =>
    column.form === "time" ? time(words) : text("span", words || "–", `text ${words ? tone : "faded"}`);
  const row = (one) => element("tr", { class: one.href ? "open" : "", "aria-selected": one.chosen ? "true" : "" },
    ...data.columns.map((column, at) => {
      const shown = inside(column, one.cells[at]);
      const held = at === 0 && one.href ? element("a", { href: one.href }, shown) : shown;
      return element("td", { class: kind(column), title: column.form === "time" ? "" : one.cells[at][0] }, held);
    }));
  const table = () => element("table", {},
    element("colgroup", {}, ...data.columns.map((column) => element("col", { class: kind(column), style: column.width ? `width: ${column.width}rem` : "" }))),
    element("thead", {}, element("tr", {}, ...data.columns.map((column) => element("th", { scope: "col", class: kind(column) }, column.label)))),
    element("tbody", {}, ...data.rows.map(row)));
  const empty = () => element("div", { class: "empty" }, text("p", data.empty[0]), text("small", data.empty[1]));
  const kept = document.activeElement === root.getRootNode().host ? root.getRootNode().activeElement?.getAttribute("href") : null;
  root.replaceChildren(
    element("div", { class: "frame" }, data.rows.length ? table() : empty()),
    element("div", { class: "foot" }, element("span", { class: "count", role: "status" }, data.count),
      ...data.pager.map(([label, href]) => element("a", { href }, label)),
      text("span", data.rows.some((one) => one.href) ? "↑ ↓ move · Enter opens" : "", "keys")));
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
