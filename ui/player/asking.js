// What the player asks for: the next URL of a clip, and why a clip does not play.
// Joined in front of player.js, so both are one module; the Listen page imports it by itself.

const RENEWAL_PATH = "/api/ui/clip";
const ANSWER_MS = 15_000;

/** What went wrong, for the person: `message` says what happened, `remedy` what to do. */
export class Problem extends Error {
  constructor(what, remedy = "") {
    super(what);
    this.remedy = remedy;
  }
}

/** {url, expires}: expires in milliseconds since 1970, by the server's clock. */
export function sourceOf({ url, expires_at }) {
  return { url, expires: Date.parse(expires_at) };
}

/** Another source of the same bytes. `body` is the JSON of layout, role, key and etag. */
export async function askForUrl(body) {
  const answer = await answerTo(body);
  if (typeof answer?.url === "string") {
    const source = sourceOf(answer);
    // expired already: this machine's clock is ahead, so it says nothing about this URL
    return source.expires > Date.now() ? source : { ...source, expires: Infinity };
  }
  throw new Problem(
    answer?.error?.what ?? "The console gave no new address for this audio.",
    answer?.error?.remedy ?? "Reload the page.",
  );
}

async function answerTo(body) {
  try {
    const response = await fetch(RENEWAL_PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return await response.json();
  } catch (failure) {
    if (failure instanceof SyntaxError) return null; // an answer, but not from the console
    throw new Problem("The console does not answer.", "Check that it is running, then try again.");
  }
}

/** The Problem with a source that is fresh and still does not play. */
export async function diagnose(url, contentType) {
  const status = await statusOf(url);
  if (status === null) {
    return new Problem(
      "The store cannot be reached from this browser.",
      "Check that it is running and that your network lets you through, then try again.",
    );
  }
  if (status === 404) {
    return new Problem("The file is no longer there.", "It was deleted or moved. Reload the list.");
  }
  if (status === 416) {
    return new Problem("This file cannot be played: it is empty.");
  }
  if (status >= 400) {
    return new Problem(`The store refused the file (HTTP ${status}).`, "Reload the page.");
  }
  return new Problem(
    "This file cannot be played: it is damaged, or the browser does not know its format.",
    `It is stored as ${contentType || "an unknown type"}.`,
  );
}

/** The HTTP status of the first byte; 0 where the store hides it (no CORS), null: no answer. */
async function statusOf(url) {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(ANSWER_MS)]);
  const options = { cache: "no-store", credentials: "omit", signal };
  try {
    return (await fetch(url, { ...options, headers: { Range: "bytes=0-0" } })).status;
  } catch {
    return await fetch(url, { ...options, mode: "no-cors" }).then(
      () => 0,
      () => null,
    );
  } finally {
    ended.abort(); // the status is all: without CORS there is no range, so the body is the file
  }
}
