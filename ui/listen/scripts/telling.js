// The line that says whether all is saved, and the one above the clip that says what is wrong.

import { plural } from "./words.js";

const SIGN_IN = { words: "Sign in", act: () => location.reload() };

/** Why no clip comes, although some are left. */
export const WAITS = {
  listing: (listed) => [
    "The store is being listed…",
    `${plural(listed, "clip")} so far. It goes on by itself.`,
  ],
  held: () => [
    "Others are hearing all that is left.",
    "What they do not judge comes here by itself.",
  ],
};

export const NOTHING = [
  "There is nothing to hear here.",
  "No clip lies in this place. Choose another one above.",
];

/** Of all that may be said now, the most pressing. `trouble` is of asking for clips. */
export function tell(face, outbox, trouble) {
  face.saved(outbox);
  const kept = `${plural(outbox.waiting, "verdict")} kept in this browser`;
  const [refused] = outbox.refused.values();
  const signedOut = [outbox.trouble, trouble].some((one) => one?.code === "not-signed-in");
  if (signedOut) {
    const remedy = outbox.waiting
      ? `${kept}; sent once you are signed in again.`
      : "Sign in again.";
    face.banner({ what: "You have been signed out.", remedy }, SIGN_IN);
  } else if (refused) {
    const what = `${plural(outbox.refused.size, "verdict")} not taken: ${refused.what}`;
    const discard = { words: "Discard", act: () => outbox.discardRefused() };
    face.banner({ what, remedy: refused.remedy }, discard);
  } else if (outbox.trouble && outbox.waiting) {
    const remedy = outbox.lasts
      ? `${kept} and sent again by itself.`
      : "This browser keeps nothing: leave the page open until all is saved.";
    face.banner({ what: outbox.trouble.message, remedy });
  } else if (trouble) {
    face.banner({ what: trouble.message, remedy: trouble.remedy });
  } else {
    face.banner(null);
  }
}
