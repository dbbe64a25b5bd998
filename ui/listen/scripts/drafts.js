// What was begun and not yet said of a clip: kept over a reload of this tab.

const draftKey = ({ clip }) => `soundstage:draft:${clip.key}:${clip.etag}`;

export function keepDraft(entry) {
  const { reasons, note, marks } = entry.draft;
  try {
    sessionStorage.setItem(draftKey(entry), JSON.stringify({ reasons: [...reasons], note, marks }));
  } catch {
    // full or forbidden: it stays in this page alone
  }
}

export function restoreDraft(entry) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(draftKey(entry)));
    if (kept) entry.draft = { ...kept, reasons: new Set(kept.reasons) };
  } catch {
    // forbidden, or not ours
  }
}

export function forgetDraft(entry) {
  try {
    sessionStorage.removeItem(draftKey(entry));
  } catch {
    // forbidden
  }
}
