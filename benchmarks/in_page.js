// Measures inside the page, so that driving the browser from outside costs nothing: from the end
// of the next click to the first frame on which a condition holds.
(() => {
  const parts = () => {
    const found = [document];
    for (const node of document.querySelectorAll("*")) if (node.shadowRoot) found.push(node.shadowRoot);
    return found;
  };
  const all = (selector) => parts().flatMap((part) => [...part.querySelectorAll(selector)]);
  const text = () => all('[data-testid="stMarkdownContainer"], [data-testid="stText"]').map((shown) => shown.textContent).join("\n");
  const rows = () => all("tbody tr[data-name]");
  const address = () => text().match(/s3:\/\/\S+\.mp3/)?.[0] ?? "";
  const conditions = {
    rows: (count) => rows().length >= count,
    text: (wanted) => text().includes(wanted),
    no_text: (wanted) => !text().includes(wanted),
    panel: (wanted) => all(".facts .value").some((value) => value.textContent === wanted),
    first_is_not: (name) => rows().length > 0 && rows()[0].dataset.name !== name,
    address_is_not: (before) => address() !== "" && address() !== before,
    canvas: () => all('[data-testid="stDataFrame"] canvas').some((canvas) => canvas.height > 0),
  };
  // several names: all of them must hold on the same frame
  const LONGEST_MS = 120_000;
  const when = (wanted) => new Promise((resolve, reject) => {
    const begun = performance.now();
    const look = () => {
      const now = performance.now();
      if (Object.entries(wanted).every(([name, value]) => conditions[name](value))) resolve(now);
      else if (now > begun + LONGEST_MS) reject(new Error(`never shown: ${JSON.stringify(wanted)}`));
      else requestAnimationFrame(look);
    };
    look();
  });
  window.bench = {
    since_navigation: (wanted) => when(wanted),
    arm: (wanted) => {
      window.bench.measured = new Promise((resolve, reject) => {
        addEventListener("click", () => {
          const begun = performance.now();
          when(wanted).then((ended) => resolve(ended - begun), reject);
        }, { capture: true, once: true });
      });
    },
    first: () => rows()[0].dataset.name,
    address,
  };
})();
