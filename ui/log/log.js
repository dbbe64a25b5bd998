// The activity log. Text goes in by textContent only: keys, names and reasons are not trusted.

const ICON = "M5 2.5 10.5 8 5 13.5";
const SVG = "http://www.w3.org/2000/svg";
const HEAD = [["When", "c-when"], ["Who", "c-who"], ["What", "c-what"], ["Object", "c-name"], ["Result", "c-result"]];

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const text = (tag, words, kind) => element(tag, { class: kind ?? null }, words);

const chevron = () => {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [name, value] of [["viewBox", "0 0 16 16"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  for (const [name, value] of [["d", ICON], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "2"]]) path.setAttribute(name, value);
  svg.append(path);
  return svg;
};

// Swedish writes dates as every table here does, 2026-11-21 07:28:01, in the reader's own zone.
const LOCAL = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const utc = (at) => `${at.replace("T", " ").slice(0, 23)} UTC`;
const time = (at) => {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return text("span", at);
  const shown = text("time", LOCAL.format(moment));
  shown.dateTime = moment.toISOString();
  shown.title = utc(at);
  return shown;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".log");
  const rows = [];

  const links = (pairs, kind) => element("div", { class: kind }, ...pairs.map(([label, href]) => element("a", { href }, label)));
  const cell = (kind, title, ...inside) => element("td", { class: kind, title }, ...inside);
  const summary = (row) => element("tr", { class: "row", tabindex: "-1", "aria-expanded": "false", "data-seq": row.seq },
    cell("c-when", null, chevron(), time(row.at)),
    cell("c-who", row.who, text("span", row.who, "text")),
    cell("c-what", null, row.what, row.call ? text("span", row.call, "call") : ""),
    cell("c-name", row.name || row.place || row.note,
      row.place && !row.name ? text("span", row.place, "text") : text("span", row.name, "text"),
      row.name && row.place ? text("span", `  ${row.place}`, "place") : "",
      row.note && !row.name && !row.place ? text("span", row.note, "text note") : ""),
    cell("c-result", null, text("span", row.result, row.tone)));
  const details = (row) => {
    const facts = element("dl", {}, element("div", {}, text("dt", "When"), element("dd", {}, time(row.at), text("span", ` · ${utc(row.at)}`, "utc"))),
      ...row.facts.map(([label, value]) => element("div", {}, text("dt", label), element("dd", {}, text("span", value, "text")))));
    return element("tr", { class: "more" }, element("td", { colspan: HEAD.length }, facts, links(row.links, "links")));
  };
  const group = (row) => {
    const line = summary(row);
    Object.assign(line, { details: () => details(row) });
    rows.push(line);
    return element("tbody", {}, line);
  };

  const toggle = (line) => {
    const open = line.getAttribute("aria-expanded") === "true";
    line.setAttribute("aria-expanded", String(!open));
    if (open) line.nextElementSibling.remove(); else line.after(line.details());
  };
  const move = (from, to) => {
    if (!rows[to]) return;
    rows[from].setAttribute("tabindex", "-1");
    rows[to].setAttribute("tabindex", "0");
    rows[to].focus();
    rows[to].scrollIntoView({ block: "nearest" });
  };

  const table = () => element("table", {},
    element("colgroup", {}, ...HEAD.map(([, kind]) => element("col", { class: kind }))),
    element("thead", {}, element("tr", {}, ...HEAD.map(([title, kind]) => element("th", { scope: "col", class: kind }, title)))),
    ...data.rows.map(group));
  const empty = () => element("div", { class: "empty" }, text("p", data.empty[0]), text("small", data.empty[1]));
  const frame = element("div", { class: "frame" }, data.rows.length ? table() : empty());
  const foot = element("div", { class: "foot" }, element("span", { class: "count", role: "status" }, data.count),
    text("span", rows.length ? "↑ ↓ move · Enter opens" : "", "keys"), links(data.pager, "links pager"));
  root.replaceChildren(frame, foot);
  rows[0]?.setAttribute("tabindex", "0");
  const opened = rows.find((line) => line.dataset.seq === String(data.opened));
  if (opened) toggle(opened);

  root.onclick = (event) => {
    const anchor = event.target.closest("a");
    if (anchor) {
      const href = anchor.getAttribute("href");
      if (!href.startsWith("?") || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      setTriggerValue("go", href);
      return;
    }
    const line = event.target.closest(".row");
    // who marks some text with the mouse does not want the row to close over it
    if (line && !String(document.getSelection())) toggle(line);
  };
  root.onkeydown = (event) => {
    const position = rows.indexOf(event.target.closest(".row"));
    if (position < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: position + 1, ArrowUp: position - 1, Home: 0, End: rows.length - 1 };
    if (event.key in steps) move(position, steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") toggle(rows[position]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}
