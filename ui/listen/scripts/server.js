// What the Listen page asks of the console.

const ANSWER_MS = 20_000;

/** A refusal, or no answer: `code` as the console names it, or "offline" where nothing came. */
export class Refusal extends Error {
  constructor({ code, what, remedy = "" }) {
    super(what);
    Object.assign(this, { code, remedy });
  }
}

const OFFLINE = {
  code: "offline",
  what: "The console does not answer.",
  remedy: "Check your connection; this goes on by itself when it is back.",
};
const ODD = {
  code: "unavailable",
  what: "Something that is not the console answered.",
  remedy: "Check your connection; this goes on by itself when it is back.",
};

/** The JSON that the console answers. Throws a Refusal. */
export async function ask(path, body, signal) {
  const { response, answer } = await answered(path, body, signal);
  if (response.ok) return answer;
  throw new Refusal(answer?.error?.what ? answer.error : ODD);
}

async function answered(path, body, signal) {
  const patience = AbortSignal.timeout(ANSWER_MS);
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    return { response, answer: await response.json() };
  } catch (failure) {
    if (signal?.aborted) throw failure;
    throw new Refusal(failure instanceof SyntaxError ? ODD : OFFLINE);
  }
}
