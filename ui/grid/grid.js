// The object table of Browse: folders and objects as real links, so that every row can be opened
// in a new tab and every address shared. Text goes in by textContent only: keys are not trusted.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const ICONS = {
  folder: "M2 4.5A1.5 1.5 0 0 1 3.5 3h3l1.5 1.5h4.5A1.5 1.5 0 0 1 14 6v5.5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 11.5z",
  sound: "M2.5 6v4h2.5l3 2.5v-9L5 6zM10.5 5.5a3.5 3.5 0 0 1 0 5M12.3 3.8a6 6 0 0 1 0 8.4",
  file: "M4 2.5h5L12.5 6v7.5h-8.5zM9 2.5V6h3.5",
};
const SOUNDS = /\.(mp3|m4a|wav|ogg|opus|flac|aac|aif|aiff)$/i;

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};

const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["d", ICONS[name]], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.3"], ["stroke-linejoin", "round"]]) path.setAttribute(key, value);
  svg.append(path);
  return svg;
};

const sizeText = (bytes) => {
  let value = bytes, unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) { value /= 1024; unit += 1; }
  return unit === 0 ? `${bytes} B` : `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
};

const two = (number) => String(number).padStart(2, "0");
const timeText = (ms) => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
};
const utcText = (ms) => `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const root = parentElement.querySelector(".grid");
  const folders = data.folders, keys = data.keys;
  // the same listing may be drawn again (a theme change, a rerun): its ticks stay
  const listed = keys.join("\n");
  const checked = root.listed === listed ? root.checked : new Set();
  if (root.checked?.size && !checked.size) setStateValue("checked", []);
  Object.assign(root, { listed, checked });
  const rows = [];

  const href = (changes) => {
    const params = new URLSearchParams(data.base);
    for (const [name, value] of Object.entries(changes)) {
      if (value) params.set(name, value); else params.delete(name);
    }
    return `?${params}`;
  };
  const go = (target) => setTriggerValue("go", target);
  const link = (label, target, attributes = {}) => {
    const made = element("a", { href: target, ...attributes });
    made.textContent = label;
    return made;
  };
  const onLink = (event) => {
    const anchor = event.target.closest("a");
    if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return false;
    event.preventDefault();
    go(anchor.getAttribute("href"));
    return true;
  };

  const selectedKey = () => new URLSearchParams(window.location.search).get("at") || "";
  const highlight = (key) => {
    root.querySelector('tr[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    rows.find((row) => !row.folder && row.key === key)?.setAttribute("aria-selected", "true");
  };
  const open = (row) => {
    if (!row.folder) highlight(row.key);
    go(row.querySelector("a").getAttribute("href"));
  };
  const publish = () => setStateValue("checked", keys.filter((key) => checked.has(key)));
  const tick = (row, value) => {
    row.box.checked = value;
    if (value) checked.add(row.key); else checked.delete(row.key);
    all.indeterminate = checked.size > 0 && checked.size < keys.length;
    all.checked = keys.length > 0 && checked.size === keys.length;
  };

  const head = () => {
    const row = element("tr", { role: "row" });
    const box = element("input", { type: "checkbox", "aria-label": "Select every object listed here" });
    const label = element("label", {}, box);
    row.append(element("th", { role: "columnheader", class: "check", scope: "col" }, data.selectable && keys.length ? label : ""));
    for (const [column, title, kind] of data.columns) {
      const active = data.sort === column;
      const button = element("button", { type: "button" });
      button.textContent = title;
      button.addEventListener("click", () => go(href({
        sort: column === "name" ? "" : column, desc: active && !data.desc ? "1" : "", after: "", at: "",
      })));
      row.append(element("th", {
        role: "columnheader", class: kind, scope: "col", "aria-sort": active ? (data.desc ? "descending" : "ascending") : null,
      }, button));
    }
    return [element("thead", { role: "rowgroup" }, row), box];
  };

  // A thousand rows: each kind of row is made once, and copied.
  const cell = (kind, ...inside) => element("td", { role: "cell", class: kind }, ...inside);
  const model = (image, kind, box) => element("tr", { role: "row", class: kind, tabindex: "-1", "aria-selected": "false" },
    cell("check", box),
    cell("c-name", element("div", { class: "name" }, icon(image), element("a", { tabindex: "-1" }))),
    cell("c-kind quiet"), cell("num"), cell("c-when when"), cell("c-class quiet"));
  const tickable = () => (data.selectable ? element("label", {}, element("input", { type: "checkbox", tabindex: "-1" })) : "");
  const models = { folder: model("folder", "folder", ""), sound: model("sound", null, tickable()), file: model("file", null, tickable()) };

  const newRow = (image, key, name, target) => {
    const row = models[image].cloneNode(true);
    Object.assign(row, { key, folder: image === "folder", box: row.querySelector("input") });
    row.setAttribute("data-name", name);
    const anchor = row.children[1].firstChild.lastChild;
    anchor.textContent = anchor.title = name;
    anchor.setAttribute("href", target);
    rows.push(row);
    return row;
  };
  const fill = (made, text, title) => {
    made.textContent = text;
    if (title) made.title = title;
  };
  const folderRow = (prefix, position) => {
    const name = data.shown_folders[position] ?? prefix.slice(data.prefix.length);
    const row = newRow("folder", prefix, name, href({ prefix, starts: "", find: "", after: "", at: "" }));
    fill(row.children[2], "Folder");
    return row;
  };
  const at = new URLSearchParams(data.base);
  const objectRow = (key, position) => {
    const name = data.shown[position] ?? (key.slice(data.prefix.length) || "(this folder's own object)");
    at.set("at", key);
    const row = newRow(SOUNDS.test(key) ? "sound" : "file", key, name, `?${at}`);
    const [, named, kind, size, when, kept] = row.children;
    if (row.box) {
      row.box.setAttribute("aria-label", `Select ${name}`);
      row.box.checked = checked.has(key);
    }
    const warning = data.warnings[position];
    if (warning) {
      named.firstChild.append(element("span", { class: "warn", title: warning, role: "img", "aria-label": warning }, "⚠"));
    }
    fill(kind, data.kind_titles[data.kinds[position]] ?? "Other");
    fill(size, sizeText(data.sizes[position]), `${data.sizes[position].toLocaleString("en")} bytes`);
    fill(when, timeText(data.modified[position]), utcText(data.modified[position]));
    fill(kept, data.class_titles[data.classes[position]] ?? data.classes[position]);
    return row;
  };

  const crumbs = () => {
    const nav = element("nav", { class: "crumbs", "aria-label": "Folder" });
    data.crumbs.forEach(([label, target], position) => {
      if (position > 0) nav.append(element("span", { class: "sep", "aria-hidden": "true" }, "/"));
      if (position === data.crumbs.length - 1) {
        const here = element("span", { class: "here", "aria-current": "page" });
        here.textContent = label;
        nav.append(here);
      } else nav.append(link(label, target));
    });
    if (data.live) {
      const badge = element("span", { class: "badge" });
      badge.textContent = "Live";
      nav.append(badge);
    }
    return nav;
  };
  const foot = () => {
    const count = element("span", { class: "count", role: "status" });
    count.textContent = data.count;
    const pager = element("span", { class: "pager" });
    for (const [label, target] of data.pager) {
      if (target) pager.append(link(label, target));
      else { const off = element("span", { "aria-disabled": "true" }); off.textContent = label; pager.append(off); }
    }
    const keysHelp = element("span", { class: "keys" });
    const help = ["↑ ↓ move", "Enter opens"];
    if (data.selectable && keys.length) help.push("Space ticks");
    if (data.crumbs.length > 1) help.push("← up a folder");
    keysHelp.textContent = rows.length ? help.join(" · ") : "";
    return element("div", { class: "foot" }, count, keysHelp, pager);
  };
  const empty = () => {
    const first = element("p"), second = element("small");
    [first.textContent, second.textContent] = data.empty;
    return element("div", { class: "empty" }, first, second);
  };

  const [header, all] = head();
  const body = element("tbody", { role: "rowgroup" }, ...folders.map(folderRow), ...keys.map(objectRow));
  const frame = element("div", { class: data.live ? "frame live" : "frame" }, rows.length ? element("table", { role: "table" }, header, body) : empty());
  root.classList.toggle("whole", !data.selectable);
  root.replaceChildren(crumbs(), frame, foot());
  rows[0]?.setAttribute("tabindex", "0");
  highlight(selectedKey());
  const chosen = root.querySelector('tr[aria-selected="true"]');
  // a shared link may choose an object far down; only the table scrolls, not the page
  if (chosen) frame.scrollTop = chosen.offsetTop - frame.clientHeight / 2;

  const move = (from, to) => {
    if (!rows[to]) return;
    rows[from].setAttribute("tabindex", "-1");
    rows[to].setAttribute("tabindex", "0");
    rows[to].focus();
    rows[to].scrollIntoView({ block: "nearest" });
  };
  const onKey = (event) => {
    const position = rows.indexOf(event.target.closest("tr"));
    if (position < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[position];
    const steps = { ArrowDown: position + 1, ArrowUp: position - 1, Home: 0, End: rows.length - 1 };
    if (event.key in steps) move(position, steps[event.key]);
    else if (event.key === "Enter") open(row);
    else if (event.key === " " && row.box && data.selectable) { tick(row, !row.box.checked); publish(); }
    else if (event.key === "ArrowLeft" && data.crumbs.length > 1) go(data.crumbs[data.crumbs.length - 2][1]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onClick = (event) => {
    const row = event.target.closest("tbody tr");
    if (event.target.closest(".check")) return;
    if (row && event.target.closest("a") && onLink(event)) { if (!row.folder) highlight(row.key); return; }
    if (row) { if (!event.target.closest("a")) open(row); return; }
    onLink(event);
  };
  const onChange = (event) => {
    if (event.target === all) rows.filter((row) => row.box).forEach((row) => tick(row, all.checked));
    else tick(event.target.closest("tr"), event.target.checked);
    publish();
  };
  if (checked.size) tick(rows.find((row) => row.box), checked.has(keys[0]));
  root.onkeydown = onKey;
  root.onclick = onClick;
  root.onchange = onChange;
  // Streamlit draws anew without a cleanup in between: the listeners of the drawing before end here
  root.listening?.abort();
  const listening = (root.listening = new AbortController());
  const onAddress = () => highlight(selectedKey());
  window.addEventListener("popstate", onAddress, { signal: listening.signal });
  // the table may be drawn before the address names the object, when both change in one run
  window.navigation?.addEventListener("currententrychange", onAddress, { signal: listening.signal });
  return () => listening.abort();
}
